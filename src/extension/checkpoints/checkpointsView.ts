import * as vscode from 'vscode';
import type { RunList } from '../runs/runList';
import { CheckpointTree, isCheckpoint, type CheckpointNode, type Node } from './checkpointTree';

/** The view `adept.checkpoints`: what is in it, and what is selected in it. */
export class CheckpointsView implements vscode.Disposable {
  private readonly tree: CheckpointTree;
  private readonly view: vscode.TreeView<Node>;

  constructor(list: RunList) {
    this.tree = new CheckpointTree(list);
    this.view = vscode.window.createTreeView('adept.checkpoints', {
      treeDataProvider: this.tree,
      canSelectMany: true,
      showCollapseAll: true,
    });
  }

  /** The selected checkpoints, in the order of their selection. */
  get selection(): readonly CheckpointNode[] {
    return this.view.selection.filter(isCheckpoint);
  }

  /** Shows the checkpoints of a run. */
  async show(run: string): Promise<void> {
    await this.view.reveal(this.tree.runNode(run), { expand: true, focus: true, select: true });
  }

  /** Reads everything anew. */
  refresh(): void {
    this.tree.refresh();
  }

  dispose(): void {
    this.view.dispose();
    this.tree.dispose();
  }
}
