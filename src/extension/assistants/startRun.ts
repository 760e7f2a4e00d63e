import { existsSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { engineState } from '../../node/engines/engineState';
import { configProblems } from '../../node/job/configProblems';
import {
  readJsonWithComments,
  readRunConfig,
  readRunTarget,
  type RunTarget,
} from '../../node/job/runConfigFile';
import { parametersOf } from '../../node/model/modelFolder';
import { shortened } from '../../shared/assistants/shortened';
import { ActionResult } from '../../shared/assistants/toolResults';
import { durationText } from '../../shared/common/durationText';
import { inputError } from '../../shared/common/errors';
import { ENGLISH } from '../../shared/common/localizer';
import type { RunConfig } from '../../shared/config/runConfig';
import { engineName, type EngineState } from '../../shared/engines/engineState';
import { slowEngineText } from '../../shared/engines/slowEngine';
import { modelName } from '../../shared/model/modelName';
import { pathsOf } from '../../shared/texts/texts';
import { findConfigs, isConfig } from '../commands/openConfig';
import { enqueue } from '../control/enqueue';
import { openRun } from '../panels/open';
import { isLive, nameOf } from '../runs/runEntry';
import type { Services } from '../services/services';
import { bytesText, countText } from '../texts/bytesText';
import { textName } from '../texts/textName';
import { shortPath } from '../window/folders';
import { freePath, isFree } from '../window/freePath';
import { readSetting } from '../window/settings';
import { folderPaths } from './analyses';
import type { AssistantTool } from './assistantTool';
import { confirmAction, DECLINED } from './confirmAction';
import { pathInWorkspace } from './known';
import { runCost } from './runCost';

const MOST_NAMED = 12;
const MOST_PROBLEMS = 3;

export const tool: AssistantTool<'adept_start_run'> = {
  result: ActionResult,
  doing: ({ config }) => vscode.l10n.t('Starting the run of {0}', config),
  answer: async (services, { config: named, beside = false }, token) => {
    const { l10n } = vscode;
    const file = await knownConfig(named);
    const text = readFileSync(file, 'utf8');
    refuseProblems(file);
    const target = readRunTarget(file);
    const out = folderOf(services, target, beside);
    const others = services.runs.list.live.map(nameOf);
    const [start, queue] = [l10n.t('Start Run'), l10n.t('Add to Queue')];
    const chosen = await confirmAction(
      {
        question: l10n.t('Start the run {0}?', nameOf({ path: out })),
        facts: factsOf(services, { file, out, config: readRunConfig(file), others }),
        answers: others.length === 0 ? [start] : [start, queue],
      },
      token,
    );
    if (chosen === undefined) {
      return DECLINED;
    }
    if (readFileSync(file, 'utf8') !== text || !isFree(out)) {
      throw inputError(
        `${file} or its run folder changed while the person was asked: nothing was started; call the tool again.`,
      );
    }
    return chosen === queue ? addToQueue(services, file, out) : startNow(services, target, out);
  },
};

async function startNow(services: Services, target: RunTarget, out: string): Promise<ActionResult> {
  const folder = await services.runs.run(target, out === target.out ? undefined : out);
  await openRun(services, folder);
  return { done: true, folder, message: `The run ${nameOf({ path: folder })} was started.` };
}

async function addToQueue(services: Services, file: string, out: string): Promise<ActionResult> {
  const folder = await enqueue(services, 'start', file, out);
  return {
    done: true,
    folder,
    message: `The person chose the queue: ${nameOf({ path: folder })} starts when no other run is active.`,
  };
}

/** @throws AdeptError (input) saying which there are, or that it is to be saved */
async function knownConfig(named: string): Promise<string> {
  const file = pathInWorkspace(named, folderPaths());
  if (!isConfig(file) || !existsSync(file)) {
    const isOne = folderPaths().length === 1;
    const configs = (await findConfigs()).map((path) => (isOne ? shortPath(path) : path));
    const { kept, omitted } = shortened(configs, MOST_NAMED);
    const there = `${kept.join(', ')}${omitted === 0 ? '' : ` and ${omitted} more`}`;
    throw inputError(
      `${named} is no *.adept.json of the workspace: ${kept.length === 0 ? 'there is none, write one first' : `there are ${there}`}.`,
    );
  }
  if (vscode.workspace.textDocuments.some(({ uri, isDirty }) => isDirty && uri.fsPath === file)) {
    throw inputError(`${file} has changes that are not saved: save it first.`);
  }
  return file;
}

/** What a run would refuse after minutes is said at once. */
function refuseProblems(file: string): void {
  const errors = configProblems(readJsonWithComments(file), file, ENGLISH).filter(
    ({ severity }) => severity === 'error',
  );
  if (errors.length > 0) {
    const texts = shortened(errors, MOST_PROBLEMS).kept.map(
      ({ path, message }) => `"${path.join('.')}": ${message}`,
    );
    throw inputError(`${file} cannot be run: ${texts.join(' ')}`);
  }
}

/** The folder of the new run. @throws AdeptError (input) where it is taken, and no other is wanted */
function folderOf({ runs }: Services, { out }: RunTarget, beside: boolean): string {
  if (isFree(out)) {
    return out;
  }
  if (beside) {
    return freePath(out);
  }
  const run = runs.list.get(out);
  throw inputError(
    run !== undefined && isLive(run)
      ? `${out} is being worked on already (${run.state}).`
      : `The run folder ${out} is taken: give "out" another name, or set "beside" for a new run in a folder beside it.`,
  );
}

interface StartFacts {
  readonly file: string;
  readonly out: string;
  /** With absolute paths. */
  readonly config: RunConfig;
  /** The names of the runs that are active. */
  readonly others: readonly string[];
}

function factsOf({ log }: Services, { file, out, config, others }: StartFacts): string[] {
  const { l10n } = vscode;
  const { tune, model, domain, expand } = config;
  const engines = engineState();
  const chosen = config.engine === 'auto' ? readSetting('adept.engine', log) : config.engine;
  const engine = chosen === 'auto' ? engines.auto : chosen;
  const slow = slowEngineText(parametersOf(model), engine, engines, l10n);
  const layers = 'layers' in expand ? expand.layers.join(', ') : Object.entries(expand).flat().join(' ');
  return [
    l10n.t('Configuration: {0}', shortPath(file)),
    l10n.t('Run folder: {0}', out),
    ...(config.export.out === undefined ? [] : [l10n.t('Exports to: {0}', config.export.out)]),
    l10n.t('Model: {0}', modelName(model)),
    l10n.t('Domain text: {0}', textName(pathsOf(domain))),
    l10n.t(
      'Steps: {0}, of {1} tokens each',
      countText(tune.steps),
      countText(tune.batchSize * tune.seqLen * tune.gradAccum),
    ),
    l10n.t('Layers: {0}', tune.full ? l10n.t('all') : layers),
    l10n.t('Engine: {0}', engineName(engine, l10n)),
    ...costFacts(config, engine),
    ...(slow === undefined ? [] : ['', slow]),
    ...(others.length === 0 ? [] : ['', activeText(others)]),
  ];
}

function costFacts(config: RunConfig, engine: EngineState['auto']): string[] {
  const { l10n } = vscode;
  const { seconds, memoryBytes } = runCost(config, engine);
  const time =
    seconds === undefined
      ? l10n.t('Time: not known before it runs')
      : l10n.t(
          'Time: about {0}',
          durationText(seconds, (options) => new Intl.NumberFormat(vscode.env.language, options)),
        );
  const onTop = [
    ...(config.answers === undefined ? [] : [l10n.t('answers to prompts')]),
    ...(config.evalTasks === undefined ? [] : [l10n.t('scores of tasks')]),
  ];
  const whole =
    seconds === undefined || onTop.length === 0 ? time : l10n.t('{0}, without {1}', time, onTop.join(', '));
  return [whole, ...(memoryBytes === undefined ? [] : [l10n.t('Memory: about {0}', bytesText(memoryBytes))])];
}

function activeText(others: readonly string[]): string {
  const { l10n } = vscode;
  const active =
    others.length === 1
      ? l10n.t('{0} is active.', others.join())
      : l10n.t('{0} runs are active: {1}.', others.length, others.join(', '));
  return `${active} ${l10n.t('Runs that are active together share processor and memory: each is slower, and memory may run out. A paused run keeps its memory.')}`;
}
