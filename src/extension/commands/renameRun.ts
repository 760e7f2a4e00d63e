import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { renameRun } from '../../node/run/renameRun';
import { inputError } from '../../shared/common/errors';
import { runNameProblem } from '../../shared/runs/runName';
import { pickRun } from '../control/pickRun';
import { followRun } from '../panels/open';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { askText } from '../window/questions';

/** Gives the folder of a run that nobody works on another name. @returns the new folder */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to rename'),
    fits: (one) => !isLive(one) && existsSync(one.path),
    none: l10n.t('No run could be renamed: those that a trainer works on have to be stopped first.'),
  });
  requireIdle(services, chosen);
  const name = await askName(chosen);
  // A trainer may have been started meanwhile, here or elsewhere.
  requireIdle(services, chosen);
  if (name === nameOf(chosen)) {
    return chosen.path;
  }
  const renamed = renameRun(chosen.path, name);
  await services.runs.renamed(chosen.path, renamed);
  await followRun(services, chosen.path, renamed);
  await services.models.refresh();
  return renamed;
}

function requireIdle({ runs }: Services, run: RunEntry): void {
  runs.list.scan();
  if (isLive(runs.list.get(run.path) ?? run)) {
    throw inputError(vscode.l10n.t('{0} is in use by a trainer: stop it first.', nameOf(run)));
  }
  if (!existsSync(run.path)) {
    throw inputError(
      vscode.l10n.t('{0} is not there: it was deleted or moved, or its disk is not connected.', run.path),
    );
  }
}

async function askName(run: RunEntry): Promise<string> {
  const { l10n } = vscode;
  const before = nameOf(run);
  const name = await askText({
    title: l10n.t('Rename Run'),
    prompt: l10n.t('The new name of the run, which is that of its folder'),
    value: before,
    validateInput: (text) =>
      runNameProblem(text, l10n) ??
      (text.toLowerCase() !== before.toLowerCase() && existsSync(join(dirname(run.path), text))
        ? l10n.t('{0} exists already: choose another name.', text)
        : undefined),
  });
  if (name === undefined) {
    throw new vscode.CancellationError();
  }
  return name;
}
