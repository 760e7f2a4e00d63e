import { watch, type FSWatcher } from 'node:fs';

const POLL_MILLISECONDS = 1000;

/**
 * Tells that something in a folder may have changed: when the system says so, and every second besides, because network file
 * systems and containers say nothing.
 */
export class FolderWatcher {
  private watcher: FSWatcher | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly folder: string,
    private readonly changed: () => void,
    pollMilliseconds = POLL_MILLISECONDS,
  ) {
    this.listen();
    this.timer = setInterval(() => {
      this.listen();
      changed();
    }, pollMilliseconds);
  }

  close(): void {
    clearInterval(this.timer);
    this.forget();
  }

  /** The folder may not be there yet, or not any more; the next poll tries again. */
  private listen(): void {
    if (this.watcher !== undefined) {
      return;
    }
    try {
      this.watcher = watch(this.folder, () => {
        this.changed();
      });
      this.watcher.on('error', () => {
        this.forget();
      });
    } catch {
      // Polling goes on: that the folder cannot be watched is no problem of the run.
      this.watcher = undefined;
    }
  }

  private forget(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }
}
