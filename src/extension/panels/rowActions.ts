import * as vscode from 'vscode';
import type { CommandId } from '../../shared/contributions/extensionCommands';
import type { RowAction } from '../../shared/runs/runRow';

const COMMANDS: Readonly<Record<RowAction, CommandId>> = {
  open: 'adept.openRun',
  share: 'adept.shareReport',
  rename: 'adept.renameRun',
  duplicate: 'adept.duplicateRun',
  resume: 'adept.resume',
  queue: 'adept.addToQueue',
  delete: 'adept.deleteRun',
};

/** Does with a run what its row was asked for: by the command that everybody else uses too. */
export async function actOnRow(action: RowAction, path: string): Promise<void> {
  await vscode.commands.executeCommand(COMMANDS[action], path);
}
