import * as vscode from 'vscode';
import { CheckpointsTree } from './checkpointsTree';
import { ModelsTree } from './modelsTree';
import { RunsTree } from './runsTree';

/** The three views of the activity bar's container. */
export function registerTrees(): vscode.Disposable[] {
  return [
    vscode.window.createTreeView('adept.models', { treeDataProvider: new ModelsTree() }),
    vscode.window.createTreeView('adept.runs', { treeDataProvider: new RunsTree() }),
    vscode.window.createTreeView('adept.checkpoints', { treeDataProvider: new CheckpointsTree() }),
  ];
}
