import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { isExportOfRun } from '../models/ofRun';
import type { ModelFolder, Models } from '../models/models';
import { analysisName, analysisText, parametersText } from '../models/modelText';
import { modelName } from '../../shared/model/modelName';
import type { SavedAnalysis } from '../models/savedAnalyses';
import { shortPath } from '../window/folders';
import { OPEN_ANALYSIS } from './itemCommands';

/** `path` and `file` are what commands of the context menus are given. */
export type ModelsElement =
  /** The models that runs exported at their end, each into its own folder. */
  | { readonly kind: 'exports' }
  | { readonly kind: 'model'; readonly path: string; readonly model: ModelFolder }
  | { readonly kind: 'analysis'; readonly file: string; readonly analysis: SavedAnalysis };

/** The view `adept.models`: model folders, and below each its saved analyses. */
export class ModelsTree implements vscode.TreeDataProvider<ModelsElement>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly models: Models) {
    this.subscription = models.onDidChange(() => {
      this.changed.fire(undefined);
    });
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  getChildren(element?: ModelsElement): ModelsElement[] {
    if (element === undefined) {
      const exports: ModelsElement[] = this.exported.length === 0 ? [] : [{ kind: 'exports' }];
      const others = this.models.all.filter(({ path }) => !isExportOfRun(path));
      return [...others.map(modelElement), ...exports, ...this.models.damagedAnalyses.map(analysisElement)];
    }
    switch (element.kind) {
      case 'exports':
        return this.exported.map(modelElement);
      case 'model':
        return element.model.analyses.map(analysisElement);
      case 'analysis':
        return [];
    }
  }

  private get exported(): readonly ModelFolder[] {
    return this.models.all.filter(({ path }) => isExportOfRun(path));
  }

  getParent(element: ModelsElement): ModelsElement | undefined {
    if (element.kind === 'model') {
      return isExportOfRun(element.path) ? { kind: 'exports' } : undefined;
    }
    const path = element.kind === 'analysis' ? element.analysis.summary?.model : undefined;
    const model = path === undefined ? undefined : this.models.get(path);
    return model && modelElement(model);
  }

  getTreeItem(element: ModelsElement): vscode.TreeItem {
    if (element.kind === 'exports') {
      return exportsItem(this.exported.length);
    }
    if (element.kind === 'analysis') {
      return analysisItem(element.analysis);
    }
    const name = modelName(element.path);
    const namesakes = this.models.all.filter(({ path }) => modelName(path) === name);
    return modelItem(element.model, namesakes.length > 1);
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }
}

function modelElement(model: ModelFolder): ModelsElement {
  return { kind: 'model', path: model.path, model };
}

function exportsItem(count: number): vscode.TreeItem {
  const { l10n } = vscode;
  const item = new vscode.TreeItem(l10n.t('Exported by runs'), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = 'exports';
  item.description = String(count);
  item.tooltip = l10n.t(
    'What runs exported at their end, into their own folders; each is below its run as well.',
  );
  item.accessibilityInformation = { label: `${l10n.t('Exported by runs')}, ${count}` };
  item.iconPath = new vscode.ThemeIcon('package');
  item.contextValue = 'exports';
  return item;
}

function analysisElement(analysis: SavedAnalysis): ModelsElement {
  return { kind: 'analysis', file: analysis.file, analysis };
}

/** @param isAmbiguous whether others are called alike: then it says where it lies */
function modelItem({ path, summary, problem, analyses }: ModelFolder, isAmbiguous: boolean): vscode.TreeItem {
  const { l10n, TreeItemCollapsibleState: state } = vscode;
  const analyzed = analyses.length > 0;
  const item = new vscode.TreeItem(modelName(path), analyzed ? state.Expanded : state.None);
  const facts =
    summary === undefined
      ? [problem ?? l10n.t('cannot be used')]
      : [
          l10n.t('{0} layers', summary.layers),
          l10n.t('{0} parameters', parametersText(summary.parameters)),
          analyzed ? l10n.t('analyzed') : l10n.t('not analyzed'),
          summary.family,
        ];
  // A narrow view cuts the end off; that it was analyzed, the icon and what is below say as well.
  const short =
    summary === undefined
      ? facts
      : [parametersText(summary.parameters), l10n.t('{0} layers', summary.layers), ...facts.slice(2)];
  if (summary !== undefined && !analyzed && vscode.workspace.isTrusted) {
    item.command = { command: 'adept.analyze', title: l10n.t('Analyze Model'), arguments: [path] };
  }
  item.id = path;
  item.resourceUri = vscode.Uri.file(path);
  item.description = [...(isAmbiguous ? [shortPath(dirname(path))] : []), ...short].join(' · ');
  item.tooltip = [path, ...facts, ...(summary?.dtypes ?? [])].join('\n');
  item.contextValue = summary === undefined ? 'unusable' : analyzed ? 'model analyzed' : 'model';
  item.iconPath =
    summary === undefined
      ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
      : new vscode.ThemeIcon(analyzed ? 'layers-active' : 'layers');
  item.accessibilityInformation = { label: [modelName(path), ...facts].join(', ') };
  return item;
}

function analysisItem({ file, time, summary, problem }: SavedAnalysis): vscode.TreeItem {
  const { l10n } = vscode;
  const when = new Date(time).toLocaleString(vscode.env.language);
  const facts = summary === undefined ? (problem ?? '') : [analysisText(summary, l10n), when].join(' · ');
  const name = summary === undefined ? basename(file) : analysisName(summary, l10n);
  const item = new vscode.TreeItem(name);
  item.id = file;
  item.description = facts;
  item.tooltip = [shortPath(file), name, facts].join('\n');
  item.contextValue = summary === undefined ? 'damaged' : 'analysis';
  item.iconPath =
    summary === undefined
      ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
      : new vscode.ThemeIcon('flame');
  item.accessibilityInformation = { label: l10n.t('Analysis: {0}, {1}', name, facts) };
  item.command = { command: OPEN_ANALYSIS, title: l10n.t('Open'), arguments: [file] };
  return item;
}
