import type * as vscode from 'vscode';

/** The view `adept.runs`; empty, so its welcome content shows. */
export class RunsTree implements vscode.TreeDataProvider<vscode.TreeItem> {
  getTreeItem(item: vscode.TreeItem): vscode.TreeItem {
    return item;
  }

  getChildren(): vscode.TreeItem[] {
    return [];
  }
}
