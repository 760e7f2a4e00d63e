import * as vscode from 'vscode';
import { checkpointPart, requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import { openTensors } from '../editors/safetensorsEditor';
import type { Services } from '../services/services';
import { oneCheckpoint } from './pickCheckpoint';

/** Shows the tensors that a checkpoint holds. */
export async function run(services: Services, ...args: readonly unknown[]): Promise<void> {
  const { run: path, step } = await oneCheckpoint(services, args, vscode.l10n.t('Show Tensors'));
  const folder = RunFolder.at(path);
  requireCheckpoint(folder, step);
  await openTensors(checkpointPart(folder, step, 'delta'));
}
