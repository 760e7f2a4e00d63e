import type * as vscode from 'vscode';

/** The view `adept.checkpoints`; empty, so its welcome content shows. */
export class CheckpointsTree implements vscode.TreeDataProvider<vscode.TreeItem> {
  getTreeItem(item: vscode.TreeItem): vscode.TreeItem {
    return item;
  }

  getChildren(): vscode.TreeItem[] {
    return [];
  }
}
