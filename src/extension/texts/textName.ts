import { basename } from 'node:path';
import * as vscode from 'vscode';

/** What people call a text: its first file or folder, and how many more there are. */
export function textName(files: readonly string[]): string {
  const first = basename(files[0] ?? '');
  return files.length > 1 ? vscode.l10n.t('{0} and {1} more', first, files.length - 1) : first;
}
