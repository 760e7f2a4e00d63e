import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { deleteRunFolder } from '../../node/run/deleteRun';
import { folderBytes } from '../../node/files/folderBytes';
import { pickRun } from '../control/pickRun';
import { inputError } from '../../shared/common/errors';
import { closeRun } from '../panels/open';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { bytesText } from '../texts/bytesText';

/** Deletes a run that nobody works on, after the person has seen what goes with it; one without a folder leaves the list. */
export async function run(services: Services, argument?: unknown): Promise<void> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to delete'),
    fits: (one) => !isLive(one),
    none: l10n.t('No run could be deleted: those that a trainer works on have to be stopped first.'),
  });
  // A trainer may have been started elsewhere since the list was last brought up to date.
  services.runs.list.scan();
  if (isLive(services.runs.list.get(chosen.path) ?? chosen)) {
    throw inputError(l10n.t('{0} is in use by a trainer: stop it first.', nameOf(chosen)));
  }
  if (existsSync(chosen.path)) {
    await confirm(chosen);
    deleteRunFolder(chosen.path);
  }
  await services.runs.remove(chosen.path);
  await closeRun(chosen.path);
  await services.models.refresh();
}

async function confirm(run: RunEntry): Promise<void> {
  const { l10n } = vscode;
  const remove = l10n.t('Delete');
  const checkpoints = run.status?.checkpoints.length ?? 0;
  const detail = [
    run.path,
    ...(checkpoints === 0
      ? []
      : [
          checkpoints === 1
            ? l10n.t('Its checkpoint goes with it, and a model that was exported into it.')
            : l10n.t('Its {0} checkpoints go with it, and a model that was exported into it.', checkpoints),
        ]),
    l10n.t('{0} are freed. This cannot be undone.', bytesText(folderBytes(run.path))),
  ].join('\n');
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('Delete the run {0}?', nameOf(run)),
    { modal: true, detail },
    remove,
  );
  if (chosen !== remove) {
    throw new vscode.CancellationError();
  }
}
