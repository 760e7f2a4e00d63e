import { dirname, resolve } from 'node:path';
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import * as vscode from 'vscode';
import { CONFIG_SELECTOR, isConfig } from '../configs/configDocument';
import { runLogFile } from '../runs/runEntry';
import type { Services } from '../services/services';
import { inlineLog, type InlineLog, type InlineNote, type LensAction } from './inlineLog';

/** Often enough to follow, seldom enough to read. */
const REFRESH_MILLISECONDS = 500;
/** A long error is read in its hover. */
const LONGEST_NOTE = 160;

/** What every *.adept.json on the screen shows of its run: links above it, and the live status at the ends of lines. */
export class InlineLogs implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  private readonly decorations: Readonly<Record<InlineNote['kind'], vscode.TextEditorDecorationType>> = {
    status: noteDecoration('editorCodeLens.foreground'),
    error: noteDecoration('errorForeground'),
  };
  private readonly disposables: { dispose(): void }[];
  private timer: NodeJS.Timeout | undefined;
  private lenses = '';

  constructor(private readonly services: Services) {
    const later = (): void => {
      this.refreshSoon();
    };
    this.disposables = [
      this.changed,
      ...Object.values(this.decorations),
      vscode.languages.registerCodeLensProvider(CONFIG_SELECTOR, this),
      services.runs.list.onDidChange.add(later),
      vscode.window.onDidChangeVisibleTextEditors(later),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (isConfig(document)) {
          later();
        }
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        services.runs.follow(document.uri.fsPath, undefined);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(later),
    ];
    later();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { lensLine, lenses, texts } = this.logOf(document);
    const range = new vscode.Range(lensLine, 0, lensLine, 0);
    const run = this.runOf(document);
    return [
      ...lenses.map((action) => new vscode.CodeLens(range, lensCommand(action, document, run))),
      ...texts.map(
        ({ key, line }) =>
          new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
            title: vscode.l10n.t('$(open-preview) Preview Text'),
            command: 'adept.previewText',
            arguments: [{ config: document.uri.fsPath, key }],
          }),
      ),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private refreshSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.refresh();
    }, REFRESH_MILLISECONDS);
  }

  private refresh(): void {
    const editors = vscode.window.visibleTextEditors.filter(({ document }) => isConfig(document));
    const lenses: unknown[] = [];
    for (const editor of editors) {
      this.services.runs.follow(editor.document.uri.fsPath, this.runOf(editor.document));
      const log = this.logOf(editor.document);
      lenses.push([editor.document.uri.fsPath, log.lensLine, log.lenses, log.texts]);
      this.decorate(editor, log.notes);
    }
    const now = JSON.stringify(lenses);
    if (now !== this.lenses) {
      this.lenses = now;
      this.changed.fire();
    }
  }

  private decorate(editor: vscode.TextEditor, notes: readonly InlineNote[]): void {
    for (const kind of ['status', 'error'] as const) {
      const options = notes
        .filter((note) => note.kind === kind && note.line < editor.document.lineCount)
        .map(({ line, text }) => ({
          range: editor.document.lineAt(line).range,
          renderOptions: { after: { contentText: shorten(text) } },
          hoverMessage: new vscode.MarkdownString().appendText(text),
        }));
      editor.setDecorations(this.decorations[kind], options);
    }
  }

  private logOf(document: vscode.TextDocument): InlineLog {
    const path = this.runOf(document);
    const run = path === undefined ? undefined : this.services.runs.list.get(path);
    return inlineLog(document.getText(), run, vscode.workspace.isTrusted, vscode.l10n);
  }

  /** The run that was last started from the document, or else the one that its "out" names. */
  private runOf(document: vscode.TextDocument): string | undefined {
    const file = document.uri.fsPath;
    return this.services.runs.lastOf(file) ?? runFolderIn(document.getText(), file);
  }
}

/** The run folder that the text of a *.adept.json names. */
function runFolderIn(text: string, file: string): string | undefined {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const out: unknown = tree && findNodeAtLocation(tree, ['out'])?.value;
  return typeof out === 'string' && out !== '' ? resolve(dirname(file), out) : undefined;
}

function shorten(text: string): string {
  return text.length <= LONGEST_NOTE ? text : `${text.slice(0, LONGEST_NOTE)}…`;
}

function noteDecoration(colour: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    after: { margin: '0 0 0 3em', color: new vscode.ThemeColor(colour), fontStyle: 'italic' },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
  });
}

function lensCommand(
  action: LensAction,
  { uri }: vscode.TextDocument,
  run: string | undefined,
): vscode.Command {
  const { l10n } = vscode;
  switch (action) {
    case 'run':
      return { title: l10n.t('$(play) Run'), command: 'adept.startTuning', arguments: [uri] };
    case 'stop':
      return { title: l10n.t('$(debug-stop) Stop'), command: 'adept.stop', arguments: [run] };
    case 'pause':
      return { title: l10n.t('$(debug-pause) Pause'), command: 'adept.pause', arguments: [run] };
    case 'resume':
      return { title: l10n.t('$(debug-continue) Resume'), command: 'adept.resume', arguments: [run] };
    case 'open':
      return { title: l10n.t('$(graph-line) Open'), command: 'adept.openRun', arguments: [run] };
    case 'log':
      return {
        title: l10n.t('$(output) Show Log'),
        command: 'vscode.open',
        arguments: [vscode.Uri.file(runLogFile(run ?? ''))],
      };
  }
}
