import { extname, join } from 'node:path';
import * as vscode from 'vscode';

/**
 * Asks where a file goes and writes it there.
 * @param folder and `name` are proposed
 * @returns the path; undefined when the person changed their mind
 */
export async function saveAs(folder: string, name: string, text: string): Promise<string | undefined> {
  const ending = extname(name).slice(1);
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(join(folder, name)),
    filters: { [ending.toUpperCase()]: [ending] },
  });
  if (target === undefined) {
    return undefined;
  }
  await vscode.workspace.fs.writeFile(target, Buffer.from(text, 'utf8'));
  return target.fsPath;
}
