import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { readWeightFile } from '../../node/model/weightFile';
import type { TensorRow } from '../../shared/model/tensorTable';
import {
  FromSafetensors,
  ROWS_PER_MESSAGE,
  ToSafetensors,
  type WeightFileFacts,
} from '../../shared/webview/safetensors';
import { saveAs } from '../window/saveAs';
import type { Services } from '../services/services';
import { type WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { VIEW_TYPES } from '../window/viewTypes';

const KIND = { name: 'safetensors', to: ToSafetensors, from: FromSafetensors } as const;

/** What editors are to show first, by file: asked for before they were there. */
const SOUGHT = new Map<string, string>();
const OPEN = new Set<SafetensorsEditor>();

// A file is written in many steps; it is read again when it rests.
const DEBOUNCE_MILLISECONDS = 300;

/** Fills an editor with what a weight file holds, from its header alone. */
export function showSafetensors(uri: vscode.Uri, panel: vscode.WebviewPanel, services: Services): void {
  const host = new WebviewHost(panel.webview, KIND, services, {
    title: basename(uri.path),
    source: { file: uri.fsPath },
  });
  panel.onDidChangeViewState(() => {
    if (!panel.visible) {
      host.hidden();
    }
  });
  panel.onDidDispose(() => {
    host.dispose();
  });
  host.load(new SafetensorsEditor(host, uri));
}

/** One editor: reads the file when the page is ready, and again when it changes. */
class SafetensorsEditor implements WebviewContent<FromSafetensors> {
  private readonly watcher: vscode.FileSystemWatcher;
  private timer: NodeJS.Timeout | undefined;
  /** Counts readings, so that the rows of an older one are not sent after those of a newer. */
  private reading = 0;

  constructor(
    private readonly host: WebviewHost<typeof ToSafetensors, typeof FromSafetensors>,
    private readonly uri: vscode.Uri,
  ) {
    OPEN.add(this);
    this.watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), basename(uri.path)),
    );
    const readAgain = (): void => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.ready(), DEBOUNCE_MILLISECONDS);
    };
    this.watcher.onDidChange(readAgain);
    this.watcher.onDidCreate(readAgain);
    this.watcher.onDidDelete(readAgain);
  }

  async ready(): Promise<void> {
    const reading = ++this.reading;
    const { facts, rows } = await this.read();
    if (reading !== this.reading || !(await this.host.post({ type: 'file', facts }))) {
      return;
    }
    const text = SOUGHT.get(this.uri.fsPath);
    if (text !== undefined) {
      SOUGHT.delete(this.uri.fsPath);
      await this.host.post({ type: 'find', text });
    }
    for (let begin = 0; begin < rows.length; begin += ROWS_PER_MESSAGE) {
      const part = rows.slice(begin, begin + ROWS_PER_MESSAGE);
      const isHeard = reading === this.reading && (await this.host.post({ type: 'rows', rows: part }));
      if (!isHeard) {
        return;
      }
    }
  }

  /** Shows the tensors whose names hold a text, where this is an editor of the file. */
  async find(file: string, text: string): Promise<boolean> {
    return this.uri.fsPath === file && (await this.host.post({ type: 'find', text }));
  }

  async receive(message: FromSafetensors): Promise<void> {
    switch (message.type) {
      case 'copy':
        await vscode.env.clipboard.writeText(message.text);
        break;
      case 'saveCsv': {
        const { fsPath } = this.uri;
        const file = await saveAs(
          dirname(fsPath),
          `${basename(fsPath, '.safetensors')}-tensors.csv`,
          message.text,
        );
        if (file !== undefined) {
          await this.host.post({ type: 'saved', file });
        }
        break;
      }
    }
  }

  dispose(): void {
    OPEN.delete(this);
    this.reading += 1;
    clearTimeout(this.timer);
    this.watcher.dispose();
  }

  private read(): Promise<{ readonly facts: WeightFileFacts; readonly rows: readonly TensorRow[] }> {
    if (this.uri.scheme === 'file') {
      return readWeightFile(this.uri.fsPath);
    }
    const problem = vscode.l10n.t(
      '{0}: only a local file can be read: save it to a local disk first.',
      this.uri.toString(),
    );
    const facts = { fileBytes: null, headerBytes: null, metadata: [], added: [], tensors: 0 };
    return Promise.resolve({ rows: [], facts: { file: this.uri.path, ...facts, problems: [problem] } });
  }
}

/** Shows a weight file's tensors. @param text what their names are to hold; all of them when left out */
export async function openTensors(file: string, text?: string): Promise<void> {
  if (text !== undefined) {
    const found = await Promise.all([...OPEN].map((editor) => editor.find(file, text)));
    if (!found.includes(true)) {
      SOUGHT.set(file, text);
    }
  }
  await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), VIEW_TYPES.safetensors);
}
