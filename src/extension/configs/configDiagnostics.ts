import { getNodeValue, parseTree, type ParseError } from 'jsonc-parser';
import * as vscode from 'vscode';
import { configProblems } from '../../node/job/configProblems';
import { isConfig, rangeOf } from './configDocument';

/** So long after the last key press. */
const SETTLE_MILLISECONDS = 300;

/** What a run of an open *.adept.json would refuse, or hardly anybody means, below the words that are meant. */
export class ConfigDiagnostics implements vscode.Disposable {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection('adept');
  private readonly disposables: { dispose(): void }[];
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    const later = (): void => {
      this.checkSoon();
    };
    this.disposables = [
      this.diagnostics,
      vscode.window.onDidChangeVisibleTextEditors(later),
      // Files that it names may have come or gone meanwhile.
      vscode.window.onDidChangeWindowState(later),
      vscode.workspace.onDidSaveTextDocument(later),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (isConfig(document)) {
          later();
        }
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.diagnostics.delete(document.uri);
      }),
    ];
    later();
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private checkSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (const { document } of vscode.window.visibleTextEditors) {
        if (isConfig(document)) {
          this.diagnostics.set(document.uri, diagnosticsOf(document));
        }
      }
    }, SETTLE_MILLISECONDS);
  }
}

function diagnosticsOf(document: vscode.TextDocument): vscode.Diagnostic[] {
  const errors: ParseError[] = [];
  const tree = parseTree(document.getText(), errors, { allowTrailingComma: true });
  // What is not JSON is said by the editor itself.
  if (tree === undefined || errors.length > 0) {
    return [];
  }
  return configProblems(getNodeValue(tree), document.uri.fsPath, vscode.l10n).map(
    ({ path, message, severity, ofKey }) => {
      const diagnostic = new vscode.Diagnostic(
        rangeOf(document, tree, path, ofKey),
        message,
        severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
      );
      diagnostic.source = 'ADEPT';
      return diagnostic;
    },
  );
}
