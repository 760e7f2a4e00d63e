import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { inputError, messageOf } from '../../shared/common/errors';
import { type QueueEnding, type QueueItem, renamedRun } from '../../shared/runs/runQueue';
import { FolderWatches } from '../../node/files/folderWatches';
import { readRunTarget } from '../../node/job/runConfigFile';
import { processToken } from '../../node/process/processAlive';
import { QueueFile } from '../../node/run/queueFile';
import { endingText } from '../runs/endingText';
import { lastLogLinesOf } from '../runs/launcher';
import { isLive } from '../runs/runEntry';
import type { Runs } from '../runs/runs';
import { isFree } from '../window/freePath';
import { storageFolder } from '../window/folders';
import { QueueRunner, type QueueHost } from './queueRunner';

/** What no watch and no run reports is seen this late. */
const LOOK_MILLISECONDS = 10_000;
/** A burst of changes is one change. */
const SETTLE_MILLISECONDS = 200;

/** The queue of this workspace, in this window. Nothing is read before `start`. */
export class WindowQueue implements vscode.Disposable {
  readonly runner: QueueRunner;
  private readonly file: QueueFile;
  private readonly watches = new FolderWatches(() => {
    this.soon();
  });
  private readonly subscriptions: { dispose(): void }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private settle: NodeJS.Timeout | undefined;

  constructor(
    context: vscode.ExtensionContext,
    private readonly runs: Runs,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.file = new QueueFile(join(context.storageUri?.fsPath ?? storageFolder(context), 'queue'));
    const token = processToken(process.pid);
    const owner = { pid: process.pid, ...(token === undefined ? {} : { processToken: token }) };
    this.runner = new QueueRunner(this.file, hostOf(runs, log), owner);
  }

  /** Goes on with what an earlier window left, and from then on with what comes. */
  start(): void {
    this.subscriptions.push(
      this.runs.list.onDidChange.add(() => {
        this.soon();
      }),
      this.runs.onDidRename(({ from, to }) => {
        if (this.runner.queue.items.some(({ run }) => run === from)) {
          this.runner
            .change((queue) => renamedRun(queue, from, to))
            .catch((error: unknown) => {
              this.log.error(messageOf(error));
            });
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.soon();
      }),
    );
    this.timer = setInterval(() => {
      this.soon();
    }, LOOK_MILLISECONDS).unref();
    this.soon();
  }

  /** Ends nothing: what runs goes on, and what waits starts when a window looks after it again. */
  dispose(): void {
    clearInterval(this.timer);
    clearTimeout(this.settle);
    this.watches.dispose();
    this.runner.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private soon(): void {
    this.settle ??= setTimeout(() => {
      this.settle = undefined;
      this.watches.set([this.file.folder]);
      void this.runner.tick();
    }, SETTLE_MILLISECONDS).unref();
  }
}

function hostOf(runs: Runs, log: vscode.LogOutputChannel): QueueHost {
  return {
    isFree: () => vscode.workspace.isTrusted && runs.list.live.length === 0,
    standing: (run) => standingOf(runs, run),
    launch: async (item) => {
      try {
        await launch(runs, item);
      } catch (error) {
        const text = vscode.l10n.t('{0} did not start: {1}', basename(item.run), messageOf(error));
        throw inputError(text, error);
      }
    },
    over: (items) => {
      void tellEnd(items);
    },
    failed: (error) => {
      log.error(messageOf(error));
    },
  };
}

function standingOf({ list }: Runs, path: string): ReturnType<QueueHost['standing']> {
  const run = list.get(path);
  if (run === undefined) {
    return existsSync(path) ? undefined : 'missing';
  }
  if (isLive(run)) {
    return 'live';
  }
  const { launch } = run;
  if (launch?.failure !== undefined) {
    return { kind: 'failed', text: launch.failure };
  }
  if (launch !== undefined) {
    // What became of its process is still being found out.
    return undefined;
  }
  const { text } = endingText(run, undefined, lastLogLinesOf(path), vscode.l10n);
  const kind: QueueEnding['kind'] = run.state === 'done' || run.state === 'stopped' ? run.state : 'failed';
  return { kind, text };
}

async function launch(runs: Runs, { kind, run, config }: QueueItem): Promise<void> {
  const { l10n } = vscode;
  if (kind === 'resume' || config === null) {
    const entry = runs.list.get(run);
    if (entry === undefined) {
      throw inputError(
        l10n.t('{0} is not there: it was deleted or moved, or its disk is not connected.', run),
      );
    }
    await runs.resume(entry, { config: config ?? undefined });
    return;
  }
  if (!isFree(run)) {
    throw inputError(l10n.t('{0} exists already: choose another name.', run));
  }
  const target = readRunTarget(config);
  await runs.run(target, target.out === run ? undefined : run);
}

/** One message for all of them. */
async function tellEnd(items: readonly QueueItem[]): Promise<void> {
  const { l10n } = vscode;
  const all = items.map(({ run, ending }) => queueEndText(basename(run), ending)).join(' ');
  const text = l10n.t('The queue has ended. {0}', all);
  const show = l10n.t('Show Runs');
  const isFine = items.every(({ ending }) => ending?.kind === 'done');
  const tell = isFine ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  if ((await tell(text, show)) === show) {
    await vscode.commands.executeCommand('adept.showRuns');
  }
}

/** What became of a run, in a sentence. */
function queueEndText(name: string, ending: QueueEnding | null): string {
  const { l10n } = vscode;
  if (ending === null || ending.text === '') {
    return l10n.t('{0}: its folder is not there.', name);
  }
  return ending.text;
}
