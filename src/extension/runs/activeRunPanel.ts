import type * as vscode from 'vscode';

let active: { readonly panel: vscode.WebviewPanel; readonly run: string } | undefined;

/** The run folder of the panel that has the focus, which commands act upon. */
export function activeRunPanel(): string | undefined {
  return active?.run;
}

/** From now on the run is the active one whenever its panel has the focus. */
export function trackActive(panel: vscode.WebviewPanel, run: string): void {
  const note = (): void => {
    if (panel.active) {
      active = { panel, run };
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
  if (active?.panel === panel) {
    active = undefined;
  }
}
