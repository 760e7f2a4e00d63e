import { join } from 'node:path';
import { messageOf } from '../../shared/common/errors';
import { RUN_FILES } from '../../shared/run/runFolder';
import type { RunProblem, ToRun } from '../../shared/webview/run';
import { Coalescer, SYSTEM_CLOCK, type Clock } from './coalescer';
import { FolderWatcher } from '../files/folderWatcher';
import { readRunFacts, type RunFacts } from '../run/runFacts';
import { RunFeed } from './runFeed';
import { runHead, type RunWindow } from './runHead';
import { RunHistory } from '../run/runHistory';

const MESSAGE_INTERVAL_MILLISECONDS = 100;

export interface RunSessionOptions {
  readonly folder: string;
  readonly post: (message: ToRun) => void;
  readonly window: () => RunWindow;
  readonly clock?: Clock;
  readonly history?: RunHistory;
}

/**
 * Follows a run for one page. While the page is shown it is told what changed, at most ten times a second; while it is
 * hidden nothing is read and nothing is sent, and when it is shown again it begins with a snapshot.
 */
export class RunSession {
  private readonly history: RunHistory;
  private readonly feed = new RunFeed();
  private readonly sends: Coalescer;
  private readonly reads: Coalescer;
  private facts: RunFacts | undefined;
  private readProblem: RunProblem | undefined;
  private watcher: FolderWatcher | undefined;
  private isReading = false;
  private isStale = false;

  constructor(private readonly options: RunSessionOptions) {
    const { folder, clock = SYSTEM_CLOCK } = options;
    this.history = options.history ?? new RunHistory(join(folder, RUN_FILES.events));
    this.sends = new Coalescer(
      () => {
        this.send();
      },
      MESSAGE_INTERVAL_MILLISECONDS,
      clock,
    );
    this.reads = new Coalescer(() => void this.read(), MESSAGE_INTERVAL_MILLISECONDS, clock);
  }

  /** The page listens and knows nothing. */
  ready(): void {
    this.feed.reset();
    this.watcher ??= new FolderWatcher(this.options.folder, () => {
      this.refresh();
    });
    this.reads.open();
    this.sends.open();
    this.refresh();
  }

  /** The page is not seen any more. */
  hidden(): void {
    this.reads.close();
    this.sends.close();
    this.watcher?.close();
    this.watcher = undefined;
  }

  /** Something about the run may have changed. */
  refresh(): void {
    this.reads.request();
  }

  dispose(): void {
    this.hidden();
    this.history.close();
  }

  private async read(): Promise<void> {
    if (this.isReading) {
      this.isStale = true;
      return;
    }
    this.isReading = true;
    try {
      // Before the log: a trainer that was gone by then has written all there will be.
      this.facts = await readRunFacts(this.options.folder);
      await this.history.readOn(() => {
        this.sends.request();
      });
      this.readProblem = undefined;
    } catch (error) {
      const file = join(this.options.folder, RUN_FILES.events);
      this.readProblem = { file, line: null, message: `it cannot be read (${messageOf(error)})` };
    }
    this.isReading = false;
    this.sends.request();
    this.readWhatCameMeanwhile();
  }

  private readWhatCameMeanwhile(): void {
    if (this.isStale) {
      this.isStale = false;
      this.refresh();
    }
  }

  private send(): void {
    const { folder, window, post } = this.options;
    const { history, facts, readProblem } = this;
    if (facts === undefined) {
      return;
    }
    const { record, reading } = history;
    const isKnown = history.isKnown || readProblem !== undefined;
    const message = this.feed.next({
      head: runHead(folder, facts, record, window(), { isKnown, reading }),
      record,
      generation: history.generation,
      dial: facts.dial,
      problems: [...facts.problems, ...(readProblem === undefined ? [] : [readProblem])],
    });
    if (message !== undefined) {
      post(message);
    }
  }
}
