import * as v from 'valibot';
import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { nameOf } from '../runs/runEntry';
import type { RunList } from '../runs/runList';

const SCHEME = 'adept-comparison';
const Paths = v.array(v.string());

/** A read-only document that compares runs, kept up to date while they go on. */
export class ComparisonDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly shown = new Map<string, string>();
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
    const text = await textOf(uri);
    this.shown.set(uri.toString(), text);
    return text;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async refresh(): Promise<void> {
    for (const [key, before] of this.shown) {
      const uri = vscode.Uri.parse(key, true);
      if ((await textOf(uri)) !== before) {
        this.changed.fire(uri);
      }
    }
  }
}

async function textOf(uri: vscode.Uri): Promise<string> {
  try {
    const paths = parseWith(Paths, JSON.parse(uri.query), uri.toString());
    const [{ readComparedRun }, { compareRuns, comparisonMarkdown }] = await Promise.all([
      import('./comparedRun'),
      import('./runComparison'),
    ]);
    return comparisonMarkdown(compareRuns(paths.map(readComparedRun), vscode.l10n), vscode.l10n);
  } catch (error) {
    // The person looks at the document.
    return messageOf(error);
  }
}

/** Shows the comparison of these runs as tables. */
export async function showComparison(paths: readonly string[]): Promise<void> {
  const name = paths.map((path) => nameOf({ path })).join(' – ');
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md`, query: JSON.stringify(paths) });
  await vscode.commands.executeCommand('markdown.showPreview', uri);
}
