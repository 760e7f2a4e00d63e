import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import * as vscode from 'vscode';
import { HANG_MILLISECONDS } from '../../support/hang';

/** The extension under test. */
export function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('adept-vscode.adept-vscode');
  assert.ok(found !== undefined, 'the extension is not installed');
  return found;
}

/** The temporary workspace's path. */
export function workspaceFolder(): string {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder !== undefined, 'no folder is open');
  return folder.uri.fsPath;
}

/** What `look` finds, asked again until it finds something. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + HANG_MILLISECONDS;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    await setTimeout(100);
  }
  throw new Error(`Waited ${HANG_MILLISECONDS / 1000} s for ${what}.`);
}
