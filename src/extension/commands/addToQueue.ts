import { randomUUID } from 'node:crypto';
import { basename, resolve } from 'node:path';
import * as vscode from 'vscode';
import { readRunTarget } from '../../node/job/runConfigFile';
import { inputError } from '../../shared/common/errors';
import { added, type RunQueue } from '../../shared/runs/runQueue';
import { pathOf } from '../control/arguments';
import { findRun } from '../control/pickRun';
import { isResumable, type RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { freePath, isFree } from '../window/freePath';
import { activeConfig, isConfig, pickConfig, saveOpen } from './openConfig';

/**
 * Adds to the queue a new run of a *.adept.json, or one that was interrupted and is to go on: that of the argument, of the
 * active editor, or a file that is picked.
 * @returns the run folder
 */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const named = pathOf(argument) ?? activeConfig();
  if (named !== undefined && !isConfig(named)) {
    return addResumed(services, named);
  }
  const config = resolve(named ?? (await pickConfig(vscode.l10n.t('Add to Queue'))));
  await saveOpen(config);
  const { out } = readRunTarget(config);
  const existing = services.runs.list.get(out);
  if (existing !== undefined && isResumable(existing) && (await goesOn(existing))) {
    return addResumed(services, out);
  }
  return add(services, 'start', config, out);
}

async function addResumed(services: Services, path: string): Promise<string> {
  const { l10n } = vscode;
  const chosen = await findRun(services, path);
  if (!isResumable(chosen)) {
    throw inputError(
      l10n.t('{0} cannot go on: only a run that was stopped or interrupted can be queued.', basename(path)),
    );
  }
  return add(services, 'resume', null, chosen.path);
}

async function goesOn(run: RunEntry): Promise<boolean> {
  const { l10n } = vscode;
  const [resume, anew] = [l10n.t('Resume It'), l10n.t('Start a New Run')];
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('{0} exists already.', basename(run.path)),
    {
      modal: true,
      detail: l10n.t('When it is its turn, the queue goes on with it, or starts a new run beside it.'),
    },
    resume,
    anew,
  );
  if (chosen === undefined) {
    throw new vscode.CancellationError();
  }
  return chosen === resume;
}

async function add(
  services: Services,
  kind: 'start' | 'resume',
  config: string | null,
  out: string,
): Promise<string> {
  const { l10n } = vscode;
  let run = out;
  await services.queue.runner.change((queue) => {
    const queued = queuedRuns(queue);
    if (kind === 'resume' && queued.has(out)) {
      throw inputError(l10n.t('{0} is in the queue already.', basename(out)));
    }
    run = kind === 'resume' ? out : freePath(out, (path) => isFree(path) && !queued.has(path));
    return added(queue, { id: randomUUID(), kind, run, config });
  });
  tell(basename(run));
  return run;
}

function tell(name: string): void {
  const show = vscode.l10n.t('Show Runs');
  const text = vscode.l10n.t(
    '{0} is in the queue. It starts when no other run is active and a window with this workspace is open.',
    name,
  );
  void vscode.window.showInformationMessage(text, show).then(async (chosen) => {
    if (chosen === show) {
      await vscode.commands.executeCommand('adept.showRuns');
    }
  });
}

function queuedRuns({ items }: RunQueue): ReadonlySet<string> {
  return new Set(items.filter(({ state }) => state !== 'ended').map(({ run }) => run));
}
