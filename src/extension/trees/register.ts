import * as vscode from 'vscode';
import { selectRun } from '../runs/selectedRun';
import type { Services } from '../services/services';
import { registerItemCommands } from './itemCommands';
import { ModelsTree } from './modelsTree';
import { badgeOf, isExport, RunsTree } from './runsTree';

/** The views of models and runs; that of checkpoints is one of the services, which commands ask for its selection. */
export function registerTrees(services: Services): { dispose(): unknown }[] {
  const { log, models, runs } = services;
  const modelsTree = new ModelsTree(models);
  const runsTree = new RunsTree(runs.list);
  const runsView = vscode.window.createTreeView('adept.runs', {
    treeDataProvider: runsTree,
    canSelectMany: true,
  });
  const selection = runsView.onDidChangeSelection(({ selection: [first, second] }) => {
    selectRun(first === undefined || second !== undefined || isExport(first) ? undefined : first.path);
  });
  const badge = runs.list.onDidChange.add(() => {
    runsView.badge = badgeOf(runs.list.live);
  });
  const modelsView = vscode.window.createTreeView('adept.models', { treeDataProvider: modelsTree });
  // What the welcome says where there is no model; with models, nothing else tells why none can be analyzed.
  const restrict = (): void => {
    modelsView.message =
      vscode.workspace.isTrusted || models.all.length === 0
        ? undefined
        : vscode.l10n.t(
            'Restricted Mode: saved results are shown, and nothing is started. Trust the workspace to analyze a model.',
          );
  };
  restrict();
  const granted = vscode.workspace.onDidGrantWorkspaceTrust(() => {
    restrict();
    // What a click does depends on it.
    modelsTree.refresh();
  });
  // For whoever opens the view to see a model that no watcher reported.
  const shown = modelsView.onDidChangeVisibility(({ visible }) => {
    if (visible) {
      models.refresh().catch((error: unknown) => {
        log.error(error instanceof Error ? error : String(error));
      });
    }
  });
  // An export is a new model, and what was deleted is none any more.
  const exported = models.onDidChange(() => {
    restrict();
    runsTree.refresh();
  });
  return [
    exported,
    granted,
    modelsTree,
    modelsView,
    shown,
    runsTree,
    runsView,
    badge,
    selection,
    ...registerItemCommands(services),
  ];
}
