import { basename, resolve } from 'node:path';
import * as vscode from 'vscode';
import { readRunTarget } from '../../node/job/runConfigFile';
import { inputError } from '../../shared/common/errors';
import { pathOf } from '../control/arguments';
import { findRun } from '../control/pickRun';
import { isResumable, type RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { enqueue } from '../control/enqueue';
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
  return enqueue(services, 'start', config, out);
}

async function addResumed(services: Services, path: string): Promise<string> {
  const { l10n } = vscode;
  const chosen = await findRun(services, path);
  if (!isResumable(chosen)) {
    throw inputError(
      l10n.t('{0} cannot go on: only a run that was stopped or interrupted can be queued.', basename(path)),
    );
  }
  return enqueue(services, 'resume', null, chosen.path);
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
