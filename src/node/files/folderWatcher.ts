import { FolderWatches } from './folderWatches';

const POLL_MILLISECONDS = 1000;

/**
 * Tells that something in a folder may have changed: when the system says so, and every second besides, because network file
 * systems and containers say nothing.
 */
export class FolderWatcher {
  private readonly watches: FolderWatches;
  private readonly timer: NodeJS.Timeout;

  constructor(folder: string, changed: () => void, pollMilliseconds = POLL_MILLISECONDS) {
    this.watches = new FolderWatches(changed);
    this.watches.set([folder]);
    this.timer = setInterval(() => {
      // The folder may not have been there yet, or watching it may have failed.
      this.watches.set([folder]);
      changed();
    }, pollMilliseconds);
  }

  close(): void {
    clearInterval(this.timer);
    this.watches.dispose();
  }
}
