import { join } from 'node:path';
import * as vscode from 'vscode';
import { type CheckpointInfo, listCheckpoints } from '../../node/run/checkpointList';
import { RunFolder } from '../../node/run/runFolder';
import { RUN_FILES } from '../../shared/run/runFolder';
import { FolderWatches } from '../../node/files/folderWatches';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import type { RunList } from '../runs/runList';
import { standingText } from '../runs/runText';
import { checkpointDescription, checkpointName, checkpointSpoken, checkpointTooltip } from './checkpointText';

/** A run in the view, as commands are given it. */
export interface RunNode {
  readonly run: string;
}

/** A checkpoint in the view, as commands are given it. */
export interface CheckpointNode extends RunNode {
  readonly step: number;
  readonly info: CheckpointInfo;
}

export type Node = RunNode | CheckpointNode;

export function isCheckpoint(node: Node): node is CheckpointNode {
  return 'step' in node;
}

// A checkpoint appears, or goes, with several changes in its folder.
const SETTLE_MILLISECONDS = 150;

/** The view `adept.checkpoints`: every run that has saved one, and its checkpoints, the latest first. */
export class CheckpointTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly watches = new FolderWatches(() => {
    this.refreshSoon();
  });
  private readonly subscription: { dispose(): void };
  private readonly runNodes = new Map<string, RunNode>();
  private shown = '';
  private soon: NodeJS.Timeout | undefined;

  constructor(private readonly list: RunList) {
    this.subscription = list.onDidChange.add(() => {
      this.refreshIfChanged();
    });
  }

  getChildren(element?: Node): Node[] {
    if (element === undefined) {
      const runs = this.runs();
      this.shown = signatureOf(runs);
      this.watches.set(runs.map(({ path }) => join(path, RUN_FILES.checkpoints)));
      return runs.map(({ path }) => this.runNode(path));
    }
    return isCheckpoint(element) ? [] : this.checkpointsOf(element.run);
  }

  getParent(node: Node): Node | undefined {
    return isCheckpoint(node) ? this.runNode(node.run) : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return isCheckpoint(node) ? this.checkpointItem(node) : this.runItem(node);
  }

  /** The node of a run; the same object each time, so that the view can reveal it. */
  runNode(run: string): RunNode {
    const known = this.runNodes.get(run) ?? { run };
    this.runNodes.set(run, known);
    return known;
  }

  /** Reads everything anew, also what no watch reports, such as a label. */
  refresh(): void {
    this.changed.fire(undefined);
  }

  dispose(): void {
    clearTimeout(this.soon);
    this.subscription.dispose();
    this.watches.dispose();
    this.changed.dispose();
  }

  private runs(): RunEntry[] {
    return this.list.entries.filter(({ path }) => RunFolder.at(path).checkpoints().length > 0);
  }

  private refreshSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.refresh();
    }, SETTLE_MILLISECONDS).unref();
  }

  /** A living run changes with every step, and its checkpoints seldom. */
  private refreshIfChanged(): void {
    if (signatureOf(this.runs()) !== this.shown) {
      this.refresh();
    }
  }

  private checkpointsOf(run: string): CheckpointNode[] {
    return listCheckpoints(RunFolder.at(run))
      .reverse()
      .map((info) => ({ run, step: info.step, info }));
  }

  private runItem({ run }: RunNode): vscode.TreeItem {
    const entry = this.list.get(run);
    const item = new vscode.TreeItem(
      nameOf({ path: run }),
      entry !== undefined && isLive(entry)
        ? vscode.TreeItemCollapsibleState.Expanded
        : vscode.TreeItemCollapsibleState.Collapsed,
    );
    const count = RunFolder.at(run).checkpoints().length;
    const saved = count === 1 ? vscode.l10n.t('1 checkpoint') : vscode.l10n.t('{0} checkpoints', count);
    item.id = run;
    item.description = [saved, ...(entry ? [standingText(entry, vscode.l10n)] : [])].join(' · ');
    item.tooltip = run;
    item.accessibilityInformation = {
      label: vscode.l10n.t('Checkpoints of run {0}, {1}', nameOf({ path: run }), saved),
    };
    item.contextValue = 'checkpoints';
    item.iconPath = new vscode.ThemeIcon('graph-line');
    return item;
  }

  private checkpointItem({ info }: CheckpointNode): vscode.TreeItem {
    const { l10n } = vscode;
    const item = new vscode.TreeItem(checkpointName(info, l10n));
    item.id = info.folder;
    item.description = checkpointDescription(info, l10n);
    item.tooltip = checkpointTooltip(info, l10n, vscode.env.language);
    item.accessibilityInformation = { label: checkpointSpoken(info, l10n) };
    item.contextValue = info.problem === null ? 'checkpoint' : 'broken';
    item.iconPath = iconOf(info);
    return item;
  }
}

function signatureOf(runs: readonly RunEntry[]): string {
  return JSON.stringify(runs.map(({ path, state }) => [path, state, RunFolder.at(path).checkpoints()]));
}

function iconOf({ problem, bestDomain }: CheckpointInfo): vscode.ThemeIcon {
  if (problem !== null) {
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  }
  return bestDomain
    ? new vscode.ThemeIcon('star-full', new vscode.ThemeColor('charts.yellow'))
    : new vscode.ThemeIcon('milestone');
}
