import { basename } from 'node:path';
import * as vscode from 'vscode';
import { differenceText } from '../../shared/run/configDifferences';
import { readRunTarget } from '../../node/job/runConfigFile';
import type { TorchCompute } from '../../node/job/runConfigEdit';
import type { ResumePoint } from '../../node/run/laterResults';
import { shortPath } from '../window/folders';
import { freePath } from '../window/freePath';
import { changedConfig, type ChangedConfig } from '../runs/changedConfig';
import { isResumable, nameOf, type RunEntry } from '../runs/runEntry';
import { enqueue } from './enqueue';
import type { Services } from '../services/services';
import { controlRun } from './controlRun';
import { startsNow } from './startNow';

/** What becomes of a run whose file has changed: on with its own settings, on with what may change, or a new run. */
export type ResumeChoice = 'before' | 'apply' | 'new';

export interface ResumeOptions {
  /** How torch computes it from now on; as before when left out. */
  readonly compute?: TorchCompute | undefined;
  /** The checkpoint to go on from; the last when left out. */
  readonly point?: ResumePoint | undefined;
  /** The file that the run is compared with; the one that it was started from when left out. */
  readonly config?: string | undefined;
  /** What the question begins with, where there is more to decide than what the settings are. */
  readonly exists?: boolean | undefined;
}

/**
 * Goes on with a run. Where the file that it was started from has changed since, the person decides with which settings.
 * @returns the run that works: this one, or a new one; undefined where it waits in the queue
 * @throws vscode.CancellationError when the person left; AdeptError when it cannot go on.
 */
export async function resumeRun(
  services: Services,
  run: RunEntry,
  { compute, point, config, exists = false }: ResumeOptions = {},
): Promise<string | undefined> {
  const file = config ?? services.runs.configOf(run.path);
  const changed = changedConfig(run.path, file);
  const choice = changed === undefined && !exists ? 'before' : await ask(run, changed, exists);
  if (choice === 'new' && file !== undefined) {
    const target = readRunTarget(file);
    if (!(await startsNow(services, run.path))) {
      await enqueue(services, 'start', file, target.out);
      return undefined;
    }
    return services.runs.run(target, freePath(target.out));
  }
  if (run.state === 'paused') {
    await controlRun(services, run, { method: 'resume' });
    return run.path;
  }
  const applied = choice === 'apply' ? changed?.file : undefined;
  const canWait = compute === undefined && point === undefined;
  // What cannot go on is refused, not asked about.
  const goesOn = isResumable(run) || run.state === 'done';
  if (goesOn && !(await startsNow(services, run.path, canWait))) {
    await enqueue(services, 'resume', applied ?? null, run.path);
    return undefined;
  }
  await services.runs.resume(run, { compute, point, config: applied });
  return run.path;
}

interface Answer {
  readonly title: string;
  readonly choice: ResumeChoice;
}

async function ask(
  run: RunEntry,
  changed: ChangedConfig | undefined,
  exists: boolean,
): Promise<ResumeChoice> {
  const answers = answersOf(run, changed);
  const chosen = await vscode.window.showWarningMessage(
    questionOf(run, changed, exists),
    { modal: true, detail: detailOf(run, changed) },
    ...answers.map(({ title }) => title),
  );
  const answer = answers.find(({ title }) => title === chosen);
  if (answer === undefined) {
    throw new vscode.CancellationError();
  }
  return answer.choice;
}

function questionOf(run: RunEntry, changed: ChangedConfig | undefined, exists: boolean): string {
  const { l10n } = vscode;
  const name = nameOf(run);
  if (changed === undefined) {
    return l10n.t('{0} exists already.', name);
  }
  const file = basename(changed.file);
  if (changed.problem !== undefined) {
    return l10n.t('{0} was started from {1}, which cannot be read now.', name, file);
  }
  return exists
    ? l10n.t('{0} exists already, and was started with other settings than {1} has now.', name, file)
    : l10n.t('{0} was started with other settings than {1} has now.', name, file);
}

function detailOf({ path, state }: RunEntry, changed: ChangedConfig | undefined): string {
  const { l10n } = vscode;
  if (changed === undefined) {
    return shortPath(path);
  }
  if (changed.problem !== undefined) {
    return changed.problem;
  }
  const [may, stay] = [true, false].map((mayChange) =>
    changed.differences.filter((difference) => difference.mayChange === mayChange).map(differenceText),
  );
  const paragraphs = [
    ...(may === undefined || may.length === 0 ? [] : [may.join('\n')]),
    ...(stay === undefined || stay.length === 0
      ? []
      : [`${l10n.t('Only a new run can have these:')}\n${stay.join('\n')}`]),
    ...(state === 'paused' ? [l10n.t('To go on with other settings, stop the run and resume it.')] : []),
  ];
  return paragraphs.join('\n\n');
}

function answersOf(run: RunEntry, changed: ChangedConfig | undefined): Answer[] {
  const { l10n } = vscode;
  const { state, status } = run;
  const goesOn = state === 'paused' || isResumable(run);
  const longer = state === 'done' && (changed?.steps ?? 0) > (status?.step ?? Infinity);
  const applies =
    changed?.differences.some(({ mayChange }) => mayChange) === true && (isResumable(run) || longer);
  const before = changed === undefined ? l10n.t('Resume It') : l10n.t('Resume as Before');
  return [
    ...(applies ? [{ title: l10n.t('Resume with Changes'), choice: 'apply' as const }] : []),
    ...(goesOn ? [{ title: before, choice: 'before' as const }] : []),
    ...(changed?.problem === undefined ? [{ title: l10n.t('Start a New Run'), choice: 'new' as const }] : []),
  ];
}
