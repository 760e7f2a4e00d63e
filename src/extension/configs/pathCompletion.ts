import { type Dirent, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { getLocation } from 'jsonc-parser';
import * as vscode from 'vscode';
import { CORPUS_ENDINGS, looksLikeData } from '../../node/texts/corpusFiles';

const PROMPT_ENDINGS = ['.txt', '.jsonl', '.json'];
/** What may stand in a string at a key: folders always. */
const FILES_OF: Readonly<Record<string, readonly string[]>> = {
  model: [],
  out: [],
  export: [],
  importance: ['.json'],
  probe: CORPUS_ENDINGS,
  domain: CORPUS_ENDINGS,
  replay: CORPUS_ENDINGS,
  eval: CORPUS_ENDINGS,
  choices: CORPUS_ENDINGS,
  answers: PROMPT_ENDINGS,
  evalTasks: CORPUS_ENDINGS,
};
const MOST = 500;

/** Completes the paths of a *.adept.json, which are relative to it. */
export class PathCompletion implements vscode.CompletionItemProvider {
  provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): vscode.CompletionItem[] | undefined {
    const offset = document.offsetAt(position);
    const { path, isAtPropertyKey, previousNode } = getLocation(document.getText(), offset);
    const endings = FILES_OF[String(path[0])];
    if (isAtPropertyKey || endings === undefined || previousNode?.type !== 'string') {
      return undefined;
    }
    const begin = previousNode.offset + 1;
    const end = previousNode.offset + previousNode.length - 1;
    const typed = document.getText().slice(begin, offset);
    const above = typed.slice(0, typed.lastIndexOf('/') + 1);
    const range = new vscode.Range(
      document.positionAt(begin + above.length),
      document.positionAt(Math.max(offset, end)),
    );
    return entriesOf(resolve(dirname(document.uri.fsPath), above || '.'))
      .filter((entry) => entry.isDirectory() || fits(entry.name, endings))
      .slice(0, MOST)
      .map((entry) => itemOf(entry, range));
  }
}

function fits(name: string, endings: readonly string[]): boolean {
  return looksLikeData(name) && endings.some((ending) => name.toLowerCase().endsWith(ending));
}

function itemOf(entry: Dirent, range: vscode.Range): vscode.CompletionItem {
  const isFolder = entry.isDirectory();
  const kind = isFolder ? vscode.CompletionItemKind.Folder : vscode.CompletionItemKind.File;
  const item = new vscode.CompletionItem(isFolder ? `${entry.name}/` : entry.name, kind);
  item.range = range;
  // Before words of the document that happen to begin alike.
  item.sortText = `${isFolder ? '0' : '1'}${entry.name}`;
  if (isFolder) {
    item.command = { command: 'editor.action.triggerSuggest', title: '' };
  }
  return item;
}

/** A folder that is not there has none. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== '.git');
  } catch {
    return [];
  }
}
