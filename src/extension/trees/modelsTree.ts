import type * as vscode from 'vscode';

/** The view `adept.models`; empty, so its welcome content shows. */
export class ModelsTree implements vscode.TreeDataProvider<vscode.TreeItem> {
  getTreeItem(item: vscode.TreeItem): vscode.TreeItem {
    return item;
  }

  getChildren(): vscode.TreeItem[] {
    return [];
  }
}
