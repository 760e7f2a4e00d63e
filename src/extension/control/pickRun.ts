import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { activeRunPanel } from '../runs/activeRunPanel';
import { shortPath } from '../window/folders';
import { isRunFolder } from '../runs/runDiscovery';
import { isSelection, selectedRun } from '../runs/selectedRun';
import { nameOf, type RunEntry } from '../runs/runEntry';
import { activityText } from '../runs/runText';
import type { Services } from '../services/services';
import { pathOf } from './arguments';
import { pickItem } from '../window/questions';

export interface RunChoice {
  /** What the quick pick says. */
  readonly prompt: string;
  /** Whether a run can be chosen for this. */
  readonly fits: (run: RunEntry) => boolean;
  /** What is wrong when none can. */
  readonly none: string;
}

/**
 * The run that a command is for: the one its argument names, that of the active panel, the only one that fits, or the one
 * the person picks.
 * @throws AdeptError when the argument names no run, or none fits; vscode.CancellationError when none was picked.
 */
export async function pickRun(services: Services, argument: unknown, choice: RunChoice): Promise<RunEntry> {
  const isSelected = isSelection(argument);
  const named = isSelected ? selectedRun() : pathOf(argument);
  if (named !== undefined) {
    return findRun(services, named);
  }
  if (isSelected) {
    throw inputError(vscode.l10n.t('No run is selected: select one in the list of runs.'));
  }
  const fitting = services.runs.list.entries.filter(choice.fits);
  const active = fitting.find(({ path }) => path === activeRunPanel());
  const [first, second] = fitting;
  if (first === undefined) {
    throw inputError(choice.none);
  }
  if (active !== undefined || second === undefined) {
    return active ?? first;
  }
  const picked = await pickItem(fitting.map(runItem), { placeHolder: choice.prompt });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.run;
}

export interface RunItem extends vscode.QuickPickItem {
  readonly run: RunEntry;
}

export function runItem(run: RunEntry): RunItem {
  return {
    run,
    label: nameOf(run),
    description: activityText(run, vscode.l10n),
    detail: shortPath(run.path),
  };
}

/** The run in this folder, which is in the list from now on. @throws AdeptError when there is no run in it. */
export async function findRun({ runs }: Services, folder: string): Promise<RunEntry> {
  const path = resolve(folder);
  const known = runs.list.get(path);
  if (known !== undefined) {
    return known;
  }
  if (!isRunFolder(path)) {
    throw inputError(
      `${path} is not a run folder: choose one that a run has made, with job.json or run.json in it.`,
    );
  }
  await runs.remember(path);
  runs.list.scan();
  const run = runs.list.get(path);
  if (run === undefined) {
    throw new Error(`${path} was remembered and is not in the list of runs`);
  }
  return run;
}
