import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as vscode from 'vscode';

import { readSetting } from './settings';
import { importanceFolder } from './importanceFolder';

/** The workspace folders that lie on this machine. */
export function workspaceFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
}

/** The folders whose subfolders are runs: one for each workspace folder, as its setting says. */
export function runParents(log: vscode.LogOutputChannel): string[] {
  const parents = workspaceFolders().map(({ uri }) =>
    resolve(uri.fsPath, readSetting('adept.runsFolder', log, uri)),
  );
  return [...new Set(parents)];
}

/** Folders outside the workspace in which models are looked for. */
export function modelFolders(log: vscode.LogOutputChannel): string[] {
  const base = workspaceFolders()[0]?.uri.fsPath;
  return readSetting('adept.modelFolders', log)
    .filter((folder) => base !== undefined || resolve(folder) === folder)
    .map((folder) => resolve(base ?? '', folder));
}

/** Where what a workspace makes is kept: in the folder that holds `path`, else the first, else the extension's own storage. */
export function workspaceFolderOf(path: string, context: vscode.ExtensionContext): string {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path)) ?? workspaceFolders()[0];
  return folder?.uri.fsPath ?? storageFolder(context);
}

/** The extension's own storage, which VS Code names and does not make. */
export function storageFolder(context: vscode.ExtensionContext): string {
  const { fsPath } = context.globalStorageUri;
  mkdirSync(fsPath, { recursive: true });
  return fsPath;
}

/** Every folder in which this workspace saves analyses. */
export function importanceFolders(context: vscode.ExtensionContext): string[] {
  const folders = [...workspaceFolders().map(({ uri }) => uri.fsPath), context.globalStorageUri.fsPath];
  return folders.map(importanceFolder);
}

/** Where jobs of this workspace are kept until they are reported. */
export function jobFolder(context: vscode.ExtensionContext): string {
  return join((context.storageUri ?? context.globalStorageUri).fsPath, 'jobs');
}

/** A path as people recognise it: relative to the workspace where it lies in it. */
export function shortPath(path: string): string {
  return vscode.workspace.asRelativePath(path, workspaceFolders().length > 1);
}
