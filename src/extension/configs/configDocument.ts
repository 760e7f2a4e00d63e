import { findNodeAtLocation, type Node } from 'jsonc-parser';
import * as vscode from 'vscode';

const ENDING = '.adept.json';

/** Every *.adept.json on this machine. */
export const CONFIG_SELECTOR: vscode.DocumentSelector = { scheme: 'file', pattern: `**/*${ENDING}` };

export function isConfig({ uri }: vscode.TextDocument): boolean {
  return uri.scheme === 'file' && uri.path.endsWith(ENDING);
}

/**
 * Where a value stands, or with `ofKey` its name; of one that is not there, the name of the nearest key around it; the first character where there is
 * none of these.
 */
export function rangeOf(
  document: vscode.TextDocument,
  tree: Node,
  path: readonly (string | number)[],
  ofKey = false,
): vscode.Range {
  const found = findNodeAtLocation(tree, [...path]);
  if (found !== undefined) {
    // The value's parent is the property, which begins with its name.
    return spanOf(document, ofKey ? (found.parent?.children?.[0] ?? found) : found);
  }
  for (let length = path.length - 1; length > 0; length -= 1) {
    const around = findNodeAtLocation(tree, path.slice(0, length));
    const name = around?.parent?.children?.[0];
    if (name !== undefined) {
      return spanOf(document, name);
    }
  }
  return new vscode.Range(0, 0, 0, 1);
}

function spanOf(document: vscode.TextDocument, { offset, length }: Node): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}
