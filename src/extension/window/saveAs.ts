import { extname, join } from 'node:path';
import * as vscode from 'vscode';

/**
 * Asks where a file goes and writes it there.
 * @param folder and `name` are proposed
 * @returns the path; undefined when the person changed their mind
 */
export async function saveAs(
  folder: string,
  name: string,
  content: string | Uint8Array,
): Promise<string | undefined> {
  const ending = extname(name).slice(1);
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(join(folder, name)),
    filters: { [ending.toUpperCase()]: [ending] },
  });
  if (target === undefined) {
    return undefined;
  }
  await vscode.workspace.fs.writeFile(
    target,
    typeof content === 'string' ? Buffer.from(content, 'utf8') : content,
  );
  return target.fsPath;
}
