import { setTimeout } from 'node:timers/promises';
import * as vscode from 'vscode';
import { jobFolder } from '../window/folders';
import type { Children } from './children';
import { CommandJob, type CommandRequest, JobCancelled, type JobProgress } from './commandJob';
import { type JobPaths, type JobRecord, JobStore } from './jobStore';
import { progressText } from './progressText';

/** The window that started a job, where it is still there, reads the result first. */
const OWNER_FIRST_MILLISECONDS = 2000;

type Whose = 'mine' | 'found';

/** A command that is under way, as long as this window follows it. */
export interface LiveJob {
  readonly record: JobRecord;
  /** Undefined before it said anything. */
  readonly progress: JobProgress | undefined;
  cancel(): void;
}

/** Short commands in processes of their own, each with a progress that can be cancelled. */
export class Jobs implements vscode.Disposable {
  readonly #store: JobStore;
  readonly #live = new Map<CommandJob, JobProgress | undefined>();
  readonly #changed = new vscode.EventEmitter<void>();
  /** A command began, went on or ended. */
  readonly onDidChange = this.#changed.event;
  readonly #ended = new AbortController();

  constructor(
    context: vscode.ExtensionContext,
    private readonly children: Children,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#store = new JobStore(jobFolder(context));
  }

  /**
   * Runs a command to its end.
   * @param token ends it, as the button of its progress does
   * @returns what it printed as JSON
   * @throws vscode.CancellationError; AdeptError with the command's own message, or with how its process ended.
   */
  async run(request: CommandRequest, token?: vscode.CancellationToken): Promise<Record<string, unknown>> {
    const job = await CommandJob.start(this.children.runtime(request.title), this.#store, request);
    this.log.info(`${request.title}: process ${job.record.pid}, log ${job.paths.log}`);
    const cancelled = token?.onCancellationRequested(() => {
      job.cancel();
    });
    try {
      return await this.#follow(job, 'mine');
    } finally {
      cancelled?.dispose();
    }
  }

  /** A command without a progress that people see; ended when it takes longer than it may. */
  async quietly(request: CommandRequest, milliseconds: number): Promise<Record<string, unknown>> {
    const job = await CommandJob.start(this.children.runtime(request.title), this.#store, request);
    const timer = globalThis.setTimeout(() => {
      job.cancel();
    }, milliseconds);
    try {
      return await this.#settle(job, 'mine', job.result({}, this.#ended.signal));
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Takes up the jobs that an earlier host started, whether they still run or ended meanwhile.
   * @param present is given what each came to, unless another window was faster
   * @param failed is given why one came to nothing
   */
  attachAll(
    present: (record: JobRecord, value: Record<string, unknown>) => void,
    failed: (record: JobRecord, error: unknown) => void,
  ): void {
    this.#store.prune();
    const damaged = (error: unknown): void => {
      this.log.warn(error instanceof Error ? error.message : String(error));
    };
    for (const { paths, record } of this.#store.list(damaged)) {
      const job = CommandJob.attach(record, paths);
      this.log.info(
        `${record.title}: ${job.alive ? 'still runs' : 'ended meanwhile'} (process ${record.pid})`,
      );
      const outcome = job.alive
        ? this.#follow(job, 'found')
        : this.#settle(job, 'found', job.result({}, this.#ended.signal));
      outcome.then(
        (value) => {
          present(record, value);
        },
        (error: unknown) => {
          failed(record, error);
        },
      );
    }
  }

  /** The command of a purpose that is under way. */
  liveOf({ kind, path }: JobRecord['purpose']): LiveJob | undefined {
    const found = [...this.#live].find(
      ([{ record }]) => record.purpose.kind === kind && record.purpose.path === path,
    );
    if (found === undefined) {
      return undefined;
    }
    const [job, progress] = found;
    return {
      record: job.record,
      progress,
      cancel: () => {
        job.cancel();
      },
    };
  }

  /** Lets the processes go on and stops following them. */
  dispose(): void {
    this.#changed.dispose();
    this.#ended.abort();
  }

  #follow(job: CommandJob, whose: Whose): Promise<Record<string, unknown>> {
    const { title } = job.record;
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    const followed = vscode.window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(() => {
        job.cancel();
      });
      let shown = 0;
      const onProgress = (now: JobProgress): void => {
        this.#note(job, now);
        const percent = (now.fraction ?? shown) * 100;
        progress.report({
          message: progressText(now, vscode.l10n),
          increment: Math.max(0, percent - shown * 100),
        });
        shown = Math.max(shown, now.fraction ?? 0);
      };
      const onLog = (message: string): void => {
        this.log.info(`${title}: ${message}`);
      };
      this.#note(job, undefined);
      return this.#settle(job, whose, job.result({ onProgress, onLog }, this.#ended.signal));
    });
    return Promise.resolve(followed).finally(() => {
      this.#live.delete(job);
      this.#changed.fire();
    });
  }

  #note(job: CommandJob, progress: JobProgress | undefined): void {
    this.#live.set(job, progress);
    this.#changed.fire();
  }

  /** Takes a job out of the store, whatever it comes to. One that was found is given to one window only. */
  async #settle(
    job: CommandJob,
    whose: Whose,
    result: Promise<Record<string, unknown>>,
  ): Promise<Record<string, unknown>> {
    const take = async (): Promise<JobPaths | undefined> => {
      if (whose === 'found') {
        await setTimeout(OWNER_FIRST_MILLISECONDS);
      }
      const claimed = this.#store.claim(job.paths);
      if (claimed === undefined && whose === 'found') {
        throw new vscode.CancellationError();
      }
      return claimed;
    };
    try {
      const value = await result;
      this.#remove(await take());
      return value;
    } catch (error) {
      if (this.#ended.signal.aborted) {
        // Another host will take it up.
        throw new vscode.CancellationError();
      }
      if (error instanceof JobCancelled) {
        this.#remove(await take());
        throw new vscode.CancellationError();
      }
      // Its log stays until it is pruned.
      await take();
      throw error;
    }
  }

  #remove(paths: JobPaths | undefined): void {
    if (paths !== undefined) {
      this.#store.remove(paths);
    }
  }
}
