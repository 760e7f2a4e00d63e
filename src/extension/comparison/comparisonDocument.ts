import * as v from 'valibot';
import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { nameOf } from '../runs/runEntry';
import type { RunList } from '../runs/runList';
import type { ComparedRuns } from './comparedRun';

const SCHEME = 'adept-comparison';
const Paths = v.array(v.string());

/** A read-only document that compares runs, kept up to date while they go on. */
export class ComparisonDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly shown = new Map<string, string>();
  private runs: ComparedRuns | undefined;
  private readonly disposables: { dispose(): void }[];

  constructor(list: RunList) {
    this.disposables = [
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.shown.delete(uri.toString());
      }),
      list.onDidChange.add(() => {
        void this.refresh();
      }),
    ];
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const text = await this.textOf(uri);
    this.shown.set(uri.toString(), text);
    return text;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async refresh(): Promise<void> {
    for (const [key, before] of this.shown) {
      const uri = vscode.Uri.parse(key, true);
      if ((await this.textOf(uri)) !== before) {
        this.changed.fire(uri);
      }
    }
  }

  private async textOf(uri: vscode.Uri): Promise<string> {
    try {
      const paths = parseWith(Paths, JSON.parse(uri.query), uri.toString());
      const [{ ComparedRuns }, { compareRuns, comparisonMarkdown }] = await Promise.all([
        import('./comparedRun'),
        import('./runComparison'),
      ]);
      const runs = (this.runs ??= new ComparedRuns());
      const compared = await Promise.all(paths.map((path) => runs.read(path)));
      return comparisonMarkdown(compareRuns(compared, vscode.l10n), vscode.l10n);
    } catch (error) {
      // The person looks at the document.
      return messageOf(error);
    }
  }
}

/** Shows the comparison of these runs as tables. */
export async function showComparison(paths: readonly string[]): Promise<void> {
  const name = paths.map((path) => nameOf({ path })).join(' – ');
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md`, query: JSON.stringify(paths) });
  await vscode.commands.executeCommand('markdown.showPreview', uri);
}
