import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import {
  findModels,
  looksLikeModel,
  type ModelSummary,
  readModelSummary,
} from '../../node/model/modelFolder';
import { importanceFolders, modelFolders, workspaceFolders } from '../window/folders';
import { isExpandedOfRun } from './ofRun';
import { type SavedAnalysis, SavedAnalyses } from './savedAnalyses';

/** A model's folder and what was measured of it. */
export interface ModelFolder {
  readonly path: string;
  /** Undefined when the model cannot be used; `problem` says why. */
  readonly summary?: ModelSummary;
  readonly problem?: string;
  /** The latest first. */
  readonly analyses: readonly SavedAnalysis[];
}

const NO_MODELS = '**/{node_modules,.git,site-packages,checkpoints}/**';
/** Shards counted each. */
const LARGEST_COUNT = 2000;
/** Downloads and exports write many files in a row. */
const SETTLE_MILLISECONDS = 500;
const DEPTH_BELOW_MODEL_FOLDERS = 3;

/** The models of the workspace and of the folders that the settings name, with their saved analyses. */
export class Models implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  private readonly analyses = new SavedAnalyses();
  private readonly summaries = new Map<string, Readable & { readonly signature: string }>();
  private readonly disposables: { dispose(): unknown }[] = [this.changed];
  private current: readonly ModelFolder[] = [];
  private unreadable: readonly SavedAnalysis[] = [];
  private watchers: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private looked: Promise<void> = Promise.resolve();
  /** How many looks have begun, and the number of the last one that counts. */
  private looks = 0;
  private latest = 0;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The models once they were looked for; those that are known by now are `all`. */
  async found(): Promise<readonly ModelFolder[]> {
    await this.looked;
    return this.current;
  }

  /** The models as they are now: a watcher misses changes on some network drives, and below folders that it is just about to watch. */
  async foundNow(): Promise<readonly ModelFolder[]> {
    await this.refresh();
    return this.current;
  }

  get all(): readonly ModelFolder[] {
    return this.current;
  }

  /** Analyses that cannot be read. */
  get damagedAnalyses(): readonly SavedAnalysis[] {
    return this.unreadable;
  }

  get(path: string): ModelFolder | undefined {
    return this.current.find((model) => model.path === path);
  }

  /** Looks for the first time, and from then on whenever something changes. */
  async start(): Promise<void> {
    const again = (): void => {
      this.refreshSoon();
    };
    this.disposables.push(
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.watch();
        again();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('adept.modelFolders')) {
          again();
        }
      }),
    );
    this.watch();
    this.looked = this.refresh();
    await this.looked;
  }

  /** Looks again now. */
  async refresh(): Promise<void> {
    this.looks += 1;
    const look = this.looks;
    const found = await this.find();
    if (look < this.latest) {
      // One that began later has ended already.
      return;
    }
    this.latest = look;
    const analyses = this.analyses.list(importanceFolders(this.context));
    // The sample, or a model that was browsed for: analyzed here, though it lies elsewhere.
    const analyzed = analyses.flatMap(({ summary }) => summary?.model ?? []).filter(looksLikeModel);
    const paths = [...new Set([...found, ...analyzed])].sort();
    this.current = paths.map((path) => ({
      path,
      ...this.read(path),
      analyses: analyses.filter(({ summary }) => summary?.model === path),
    }));
    this.unreadable = analyses.filter(({ problem }) => problem !== undefined);
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.disposables, ...this.watchers).dispose();
  }

  private async find(): Promise<string[]> {
    // Weights are rarer than files called config.json.
    const weights =
      workspaceFolders().length === 0
        ? []
        : await vscode.workspace.findFiles('**/*.safetensors', NO_MODELS, LARGEST_COUNT);
    const folders = weights.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => dirname(fsPath));
    const inWorkspace = [...new Set(folders)].filter(
      (folder) => !isExpandedOfRun(folder) && looksLikeModel(folder),
    );
    const elsewhere = modelFolders(this.log).flatMap((folder) =>
      findModels(folder, DEPTH_BELOW_MODEL_FOLDERS),
    );
    return [...inWorkspace, ...elsewhere].map((folder) => resolve(folder));
  }

  /** Reads a model's headers again only when its files changed. */
  private read(path: string): Readable {
    const signature = signatureOf(path);
    const known = this.summaries.get(path);
    const now = known?.signature === signature ? known : { ...readSummary(path), signature };
    this.summaries.set(path, now);
    const { summary, problem } = now;
    return { ...(summary ? { summary } : {}), ...(problem === undefined ? {} : { problem }) };
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.refresh().catch((error: unknown) => {
        this.log.error(error instanceof Error ? error : String(error));
      });
    }, SETTLE_MILLISECONDS);
  }

  private watch(): void {
    vscode.Disposable.from(...this.watchers).dispose();
    this.watchers = workspaceFolders().flatMap((folder) =>
      ['**/{config.json,*.safetensors}', '.adept/importance/*.json'].map((pattern) => {
        const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, pattern));
        const again = (uri: vscode.Uri): void => {
          if (!isCheckpointFile(uri)) {
            this.refreshSoon();
          }
        };
        watcher.onDidCreate(again);
        watcher.onDidChange(again);
        watcher.onDidDelete(again);
        return watcher;
      }),
    );
  }
}

interface Readable {
  readonly summary?: ModelSummary;
  readonly problem?: string;
}

function readSummary(path: string): Readable {
  try {
    return { summary: readModelSummary(path) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function signatureOf(path: string): string {
  return namesIn(path)
    .filter((name) => name === 'config.json' || name.includes('.safetensors'))
    .map((name) => {
      const stat = statSync(join(path, name), { throwIfNoEntry: false });
      return `${name}:${stat?.mtimeMs ?? 0}:${stat?.size ?? 0}`;
    })
    .join(' ');
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // Deleted at this moment: reading the summary says so.
    return [];
  }
}

function isCheckpointFile({ fsPath }: vscode.Uri): boolean {
  return /[\\/]checkpoints[\\/]/.test(fsPath);
}
