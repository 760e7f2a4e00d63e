import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { freePath, isFree } from '../window/freePath';

/**
 * Asks where a new folder is to be, with a free name proposed.
 * @throws vscode.CancellationError when the person left.
 */
export async function askForNewFolder(title: string, proposal: string): Promise<string> {
  const folder = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('The absolute path of a folder that does not exist or is empty'),
    value: freePath(proposal),
    ignoreFocusOut: true,
    validateInput: folderProblem,
  });
  if (folder === undefined) {
    throw new vscode.CancellationError();
  }
  return folder;
}

function folderProblem(path: string): string | undefined {
  if (!isAbsolute(path)) {
    return vscode.l10n.t('Give an absolute path.');
  }
  return isFree(path) ? undefined : vscode.l10n.t('{0} exists and is not empty: name another folder.', path);
}
