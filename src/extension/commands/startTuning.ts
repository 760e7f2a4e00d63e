import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { readRunTarget, type RunTarget } from '../../node/job/runConfigFile';
import type { TorchCompute } from '../../node/job/runConfigEdit';
import { engineState } from '../../node/engines/engineState';
import { parametersOf } from '../../node/model/modelFolder';
import { slowEngineText } from '../../shared/engines/slowEngine';
import { engineOffers } from '../engines/engineMissing';
import { readSetting } from '../window/settings';
import { inputError } from '../../shared/common/errors';
import { HeatmapPanel } from '../panels/heatmapPanel';
import { openRun } from '../panels/open';
import { shortPath } from '../window/folders';
import { isRunFolder } from '../runs/runDiscovery';
import { isLive } from '../runs/runEntry';
import type { Services } from '../services/services';
import { pathOf } from '../control/arguments';
import { freePath } from '../window/freePath';
import { activeConfig, pickConfig, saveOpen } from './openConfig';
import { findRun } from '../control/pickRun';
import { resumeRun } from '../control/resumeRun';
import { startsNow } from '../control/startNow';
import { enqueue } from '../control/enqueue';

const Request = v.object({
  config: v.string(),
  /** What happens when its run folder is taken; asked when left out. */
  taken: v.optional(v.picklist(['resume', 'beside'])),
});
type Request = v.InferOutput<typeof Request>;

/**
 * Starts the job of a *.adept.json: that of the argument, of the active editor, or one that is picked. With an active heatmap
 * it shows the form that writes one.
 * @returns the run folder; undefined when nothing was started
 */
export async function run(services: Services, argument?: unknown): Promise<string | undefined> {
  const given = requestOf(argument) ?? ofActive();
  if (given === undefined && HeatmapPanel.active !== undefined) {
    await HeatmapPanel.active.showLaunch();
    return undefined;
  }
  const { config, taken } = given ?? { config: await pickConfig(vscode.l10n.t('Start Tuning')) };
  await saveOpen(config);
  return startConfig(services, resolve(config), { taken });
}

interface StartOptions {
  readonly taken?: Request['taken'];
  /** How torch computes a run that is resumed, which has an answer of its own. */
  readonly compute?: TorchCompute;
}

/**
 * Starts the job of a *.adept.json, as it is on the disk, and shows it.
 * @returns the run folder; undefined where the run waits in the queue
 */
export async function startConfig(
  services: Services,
  config: string,
  options: StartOptions,
): Promise<string | undefined> {
  const path = await start(services, config, options);
  if (path === undefined) {
    return undefined;
  }
  warnOfSlowEngine(config, services);
  await openRun(services, path);
  return path;
}

/** A large model on one thread takes days: whoever has started it can still stop it. */
function warnOfSlowEngine(config: string, { log }: Services): void {
  const { model, engine } = readRunTarget(config);
  const chosen = engine === 'auto' ? readSetting('adept.engine', log) : engine;
  const text = slowEngineText(parametersOf(model), chosen, engineState(), vscode.l10n);
  if (text !== undefined) {
    const offers = engineOffers('native');
    void vscode.window.showWarningMessage(text, ...offers.map(({ title }) => title)).then((picked) => {
      const offer = offers.find(({ title }) => title === picked);
      return offer === undefined ? undefined : vscode.commands.executeCommand(offer.command);
    });
  }
}

function requestOf(argument: unknown): Request | undefined {
  const path = pathOf(argument);
  if (path !== undefined) {
    return { config: path };
  }
  return v.is(Request, argument) ? argument : undefined;
}

function ofActive(): Request | undefined {
  const config = activeConfig();
  return config === undefined ? undefined : { config };
}

async function start(
  services: Services,
  config: string,
  { taken, compute }: StartOptions,
): Promise<string | undefined> {
  const target = readRunTarget(config);
  const { out } = target;
  if (!existsSync(out) || readdirSync(out).length === 0) {
    return startNew(services, target, out);
  }
  if (!isRunFolder(out)) {
    throw inputError(
      vscode.l10n.t(
        '"out": {0} is not empty and holds no run: name a new folder, or empty this one.',
        shortPath(out),
      ),
    );
  }
  const run = await findRun(services, out);
  if (isLive(run)) {
    return run.path;
  }
  if (taken === 'beside') {
    return startNew(services, target, freePath(out));
  }
  return resumeRun(services, run, { compute, config, exists: taken === undefined });
}

async function startNew(services: Services, target: RunTarget, out: string): Promise<string | undefined> {
  if (await startsNow(services, out)) {
    return services.runs.run(target, out === target.out ? undefined : out);
  }
  await enqueue(services, 'start', target.file, target.out);
  return undefined;
}
