import * as vscode from 'vscode';

/** Every context key that the `when` clauses of package.json read, beside VS Code's own. */
export interface ContextKeyValues {
  /** The extension was activated: ADEPT is used in this window. */
  'adept.activated': true;
  /** A trainer of this workspace is alive. */
  'adept.training': boolean;
  /** The alive trainer that commands act upon is paused. */
  'adept.paused': boolean;
  'adept.hasRun': boolean;
  'adept.hasCheckpoint': boolean;
  /** A model of this workspace was analyzed. */
  'adept.hasAnalysis': boolean;
  /** Which engine computes was chosen in this window. */
  'adept.engineChosen': true;
  /** A heatmap panel is the active editor. */
  'adept.heatmapFocused': boolean;
  /** File system paths, as `resourcePath` has them, of the model folders found. */
  'adept.modelFolderPaths': readonly string[];
}

/** Sets context keys, and only when their value changes. */
export class ContextKeys {
  private readonly values = new Map<keyof ContextKeyValues, string>();

  set<K extends keyof ContextKeyValues>(key: K, value: ContextKeyValues[K]): void {
    const text = JSON.stringify(value);
    if (this.values.get(key) !== text) {
      this.values.set(key, text);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  }
}
