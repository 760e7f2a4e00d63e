import * as vscode from 'vscode';
import type { Services } from '../services/services';

export async function run({ context }: Services): Promise<void> {
  await vscode.commands.executeCommand(
    'workbench.action.openWalkthrough',
    `${context.extension.id}#adept.start`,
    false,
  );
}
