import * as vscode from 'vscode';

type PickOptions = Omit<vscode.QuickPickOptions, 'ignoreFocusOut'>;

/**
 * Asks for one of these items, or for several. The question stays until it is answered or left with Escape: VS Code gives the focus
 * back to a panel's page late, and a question that a command has just asked would close before it was read.
 * @returns undefined when the person left.
 */
export function pickItem<T extends vscode.QuickPickItem>(
  items: readonly T[] | Thenable<readonly T[]>,
  options: PickOptions & { readonly canPickMany: true },
): Thenable<T[] | undefined>;
export function pickItem<T extends vscode.QuickPickItem>(
  items: readonly T[] | Thenable<readonly T[]>,
  options?: PickOptions,
): Thenable<T | undefined>;
export function pickItem<T extends vscode.QuickPickItem>(
  items: readonly T[] | Thenable<readonly T[]>,
  options: PickOptions = {},
): Thenable<T | T[] | undefined> {
  return vscode.window.showQuickPick(items, { ...options, ignoreFocusOut: true });
}

/** Asks for a text; stays as {@link pickItem}. @returns undefined when the person left. */
export function askText(
  options: Omit<vscode.InputBoxOptions, 'ignoreFocusOut'>,
): Thenable<string | undefined> {
  return vscode.window.showInputBox({ ...options, ignoreFocusOut: true });
}
