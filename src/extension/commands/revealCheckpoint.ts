import * as vscode from 'vscode';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import type { Services } from '../services/services';
import { oneCheckpoint } from './pickCheckpoint';

/** Shows a checkpoint's folder: in the explorer where the workspace holds it, otherwise in the system's file manager. */
export async function run(services: Services, ...args: readonly unknown[]): Promise<void> {
  const { run: path, step } = await oneCheckpoint(services, args, vscode.l10n.t('Reveal Checkpoint'));
  const folder = vscode.Uri.file(requireCheckpoint(RunFolder.at(path), step));
  const inWorkspace = vscode.workspace.getWorkspaceFolder(folder) !== undefined;
  await vscode.commands.executeCommand(inWorkspace ? 'revealInExplorer' : 'revealFileInOS', folder);
}
