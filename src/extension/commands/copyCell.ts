import * as v from 'valibot';
import * as vscode from 'vscode';
import { parseWith } from '../../shared/common/parse';

/** What a page says of the cell that a menu was opened on. */
const Cell = v.object({ value: v.string(), row: v.string() });

export async function copyCell(argument: unknown, part: 'value' | 'row'): Promise<void> {
  const text = parseWith(Cell, argument, vscode.l10n.t('the cell'))[part];
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied: {0}', text.replaceAll('\t', ' ')), 3000);
}
