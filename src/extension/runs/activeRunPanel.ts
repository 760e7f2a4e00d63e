import type * as vscode from 'vscode';

let front: { readonly panel: vscode.WebviewPanel; readonly run: string } | undefined;

/** The run folder of the panel that has the focus, which commands act upon. */
export function activeRunPanel(): string | undefined {
  return front?.run;
}

/** From now on the run is in front whenever its panel has the focus. */
export function noteFront(panel: vscode.WebviewPanel, run: string): void {
  const note = (): void => {
    if (panel.active) {
      front = { panel, run };
    } else {
      leave(panel);
    }
  };
  panel.onDidChangeViewState(note);
  panel.onDidDispose(() => {
    leave(panel);
  });
  note();
}

function leave(panel: vscode.WebviewPanel): void {
  if (front?.panel === panel) {
    front = undefined;
  }
}
