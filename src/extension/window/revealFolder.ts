import { dirname } from 'node:path';
import * as vscode from 'vscode';

/** In the explorer where the folder is in the workspace, otherwise where the system shows files, which a remote cannot. */
export async function revealFolder(folder: string): Promise<void> {
  await reveal(folder, folder);
}

/** The same of a file; where nothing shows it, the folder that it lies in. */
export async function revealFile(file: string): Promise<void> {
  await reveal(file, dirname(file));
}

async function reveal(path: string, folder: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  if (vscode.workspace.getWorkspaceFolder(uri) !== undefined) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
  } else if (vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop) {
    await vscode.commands.executeCommand('revealFileInOS', uri);
  } else {
    await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder), {
      forceNewWindow: true,
    });
  }
}
