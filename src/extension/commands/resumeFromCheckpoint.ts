import { relative } from 'node:path';
import * as vscode from 'vscode';
import { laterResults } from '../../node/run/laterResults';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import { inputError } from '../../shared/common/errors';
import { isLive, nameOf } from '../runs/runEntry';
import type { Services } from '../services/services';
import { oneCheckpoint } from './pickCheckpoint';
import { findRun } from '../control/pickRun';
import { resumeRun } from '../control/resumeRun';
import { openRun } from '../panels/open';

/** Goes on with a run from one of its checkpoints; what it made later is set aside, if the person agrees. */
export async function run(services: Services, ...args: readonly unknown[]): Promise<void> {
  const { l10n } = vscode;
  const title = l10n.t('Resume from Here');
  const { run: path, step } = await oneCheckpoint(services, args, title);
  // A trainer may have been started elsewhere since the list was last brought up to date.
  services.runs.list.scan();
  const entry = await findRun(services, path);
  if (isLive(entry)) {
    throw inputError(l10n.t('{0} is in use by a trainer: stop it first.', nameOf(entry)));
  }
  const folder = RunFolder.at(entry.path);
  requireCheckpoint(folder, step);
  const later = laterResults(folder, step).map((result) => relative(folder.path, result));
  if (later.length > 0) {
    await confirm(nameOf(entry), step, later);
  }
  const started = await resumeRun(services, entry, { point: { step, discardLater: later.length > 0 } });
  if (started !== undefined && started !== entry.path) {
    await openRun(services, started);
  }
}

async function confirm(name: string, step: number, later: readonly string[]): Promise<void> {
  const { l10n } = vscode;
  const resume = l10n.t('Set Aside and Resume');
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('Resume {0} from step {1}?', name, step),
    {
      modal: true,
      detail: l10n.t(
        'Later results are moved to the folder "discarded" of the run and stay there until you remove them: {0}.',
        later.join(', '),
      ),
    },
    resume,
  );
  if (chosen !== resume) {
    throw new vscode.CancellationError();
  }
}
