import * as vscode from 'vscode';
import { labelCheckpoint, labelProblem } from '../../node/run/checkpointChanges';
import { labelOf } from '../../node/run/checkpointList';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import type { Services } from '../services/services';
import { oneCheckpoint } from './pickCheckpoint';
import { askText } from '../window/questions';

/** Gives a checkpoint a name that people see; its folder keeps its own. */
export async function run(services: Services, ...args: readonly unknown[]): Promise<void> {
  const { l10n } = vscode;
  const title = l10n.t('Rename Checkpoint');
  const { run: path, step } = await oneCheckpoint(services, args, title);
  const folder = RunFolder.at(path);
  requireCheckpoint(folder, step);
  const label = await askText({
    title,
    prompt: l10n.t('Name of the checkpoint at step {0}; empty removes the name', step),
    value: labelOf(folder, step) ?? '',
    validateInput: labelProblem,
  });
  if (label === undefined) {
    throw new vscode.CancellationError();
  }
  labelCheckpoint(folder, step, label);
  services.checkpoints.refresh();
}
