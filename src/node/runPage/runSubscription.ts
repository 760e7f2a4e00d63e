import { join } from 'node:path';
import { messageOf } from '../../shared/common/errors';
import { RUN_FILES } from '../../shared/run/runFolder';
import type { RunProblem, RunNews } from '../../shared/webview/run';
import { Throttle, SYSTEM_CLOCK, type Clock } from './throttle';
import { FolderWatcher } from '../files/folderWatcher';
import { answersCsv } from '../run/answersCsv';
import { readRunFiles, type RunFilesContent } from '../run/runFiles';
import { RunFeed } from './runFeed';
import { runSummary, type RunWindow } from './runSummary';
import { HistoryReader } from '../run/historyReader';

const MESSAGE_INTERVAL_MILLISECONDS = 100;

export interface RunSubscriptionOptions {
  readonly folder: string;
  readonly post: (message: RunNews) => void;
  readonly window: () => RunWindow;
  readonly clock?: Clock;
  readonly reader?: HistoryReader;
}

/**
 * Follows a run for one page. While the page is shown it is told what changed, at most ten times a second; while it is
 * hidden nothing is read and nothing is sent, and when it is shown again it begins with a snapshot.
 */
export class RunSubscription {
  private readonly reader: HistoryReader;
  private readonly feed = new RunFeed();
  private readonly sends: Throttle;
  private readonly reads: Throttle;
  private files: RunFilesContent | undefined;
  private readProblem: RunProblem | undefined;
  private watcher: FolderWatcher | undefined;
  private zoom: readonly [number, number] | null = null;
  private isReading = false;
  private isStale = false;

  constructor(private readonly options: RunSubscriptionOptions) {
    const { folder, clock = SYSTEM_CLOCK } = options;
    this.reader = options.reader ?? new HistoryReader(join(folder, RUN_FILES.events));
    this.sends = new Throttle(
      () => {
        this.send();
      },
      MESSAGE_INTERVAL_MILLISECONDS,
      clock,
    );
    this.reads = new Throttle(() => void this.read(), MESSAGE_INTERVAL_MILLISECONDS, clock);
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

  /** The page shows these steps, or with null all of them. */
  zoomTo(range: readonly [number, number] | null): void {
    this.zoom = range;
    this.sends.request();
  }

  /** Every answer that was read, as a table. */
  answersCsv(): string {
    return answersCsv(this.files?.prompts ?? [], this.reader.history.answers);
  }

  /** Something about the run may have changed. */
  refresh(): void {
    this.reads.request();
  }

  dispose(): void {
    this.hidden();
    this.reader.close();
  }

  private async read(): Promise<void> {
    if (this.isReading) {
      this.isStale = true;
      return;
    }
    this.isReading = true;
    try {
      // Before the log: a trainer that was gone by then has written all there will be.
      const files = await readRunFiles(this.options.folder);
      if (files.exists) {
        this.files = files;
        await this.reader.readOn(() => {
          this.sends.request();
        });
      } else {
        // What was read before is all there is left to show.
        this.files = { ...(this.files ?? files), exists: false, isAlive: false };
      }
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
    const { reader, files, readProblem } = this;
    if (files === undefined) {
      return;
    }
    const { history, reading } = reader;
    const isKnown = reader.isKnown || readProblem !== undefined || !files.exists;
    const message = this.feed.next({
      summary: runSummary(folder, files, history, window(), { isKnown, reading }),
      history,
      generation: reader.generation,
      strength: files.strength,
      prompts: files.prompts,
      zoom: this.zoom,
      problems: [...files.problems, ...(readProblem === undefined ? [] : [readProblem])],
    });
    if (message !== undefined) {
      post(message);
    }
  }
}
