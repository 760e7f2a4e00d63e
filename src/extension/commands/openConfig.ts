import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { shortPath } from '../window/folders';

export const CONFIG_ENDING = '.adept.json';

/** The *.adept.json in the active editor. */
export function activeConfig(): string | undefined {
  const path = vscode.window.activeTextEditor?.document.uri.fsPath;
  return path?.endsWith(CONFIG_ENDING) === true ? path : undefined;
}

/** What is on the screen is what runs. @throws AdeptError (input) when it cannot be saved. */
export async function saveOpen(path: string): Promise<void> {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === path);
  if (document?.isDirty === true && !(await document.save())) {
    throw inputError(vscode.l10n.t('{0} could not be saved: save it and try again.', shortPath(path)));
  }
}
