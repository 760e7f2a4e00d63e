import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { showComparison } from '../comparison/comparisonDocument';
import type { Services } from '../services/services';
import { pathsOf } from '../control/arguments';
import { findRun, runItem } from '../control/pickRun';
import { pickItem } from '../window/questions';

/**
 * Compares runs in a table: their results, and the settings in which they differ. The arguments are those of a view's
 * selection; where they name fewer than two runs, the person picks.
 * @returns the run folders
 */
export async function run(services: Services, ...args: readonly unknown[]): Promise<string[]> {
  const named = await Promise.all(pathsOf(args).map((path) => findRun(services, path)));
  const paths = named.map(({ path }) => path);
  const chosen = paths.length >= 2 ? paths : await pickRuns(services, paths);
  await showComparison(chosen);
  return chosen;
}

async function pickRuns({ runs }: Services, chosen: readonly string[]): Promise<string[]> {
  const { l10n } = vscode;
  const { entries } = runs.list;
  if (entries.length < 2) {
    throw inputError(l10n.t('A comparison needs at least two runs: start another one.'));
  }
  const items = entries.map((run) => ({ ...runItem(run), picked: chosen.includes(run.path) }));
  const picked = await pickItem(items, {
    title: l10n.t('Compare Runs'),
    placeHolder: l10n.t('Select two or more runs'),
    canPickMany: true,
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  if (picked.length < 2) {
    throw inputError(l10n.t('One run cannot be compared: choose two or more.'));
  }
  return picked.map(({ run }) => run.path);
}
