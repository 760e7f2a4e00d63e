import { type FSWatcher, watch } from 'node:fs';

/** Watches folders for changes directly in them, as far as the system can; whoever needs to be sure looks regularly too. */
export class FolderWatches {
  private readonly watchers = new Map<string, FSWatcher>();

  constructor(private readonly onChange: (folder: string) => void) {}

  /** How many folders are watched. */
  get size(): number {
    return this.watchers.size;
  }

  /** From now on exactly these, of which those that do not exist are tried again at the next call. */
  set(folders: Iterable<string>): void {
    const wanted = new Set(folders);
    for (const folder of this.watchers.keys()) {
      if (!wanted.has(folder)) {
        this.close(folder);
      }
    }
    for (const folder of wanted) {
      if (!this.watchers.has(folder)) {
        this.open(folder);
      }
    }
  }

  dispose(): void {
    this.set([]);
  }

  private open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        this.onChange(folder);
      });
      watcher.on('error', () => {
        this.close(folder);
      });
      this.watchers.set(folder, watcher);
    } catch {
      // No such folder, or no watches left: regular looks see the change, a little later.
    }
  }

  private close(folder: string): void {
    this.watchers.get(folder)?.close();
    this.watchers.delete(folder);
  }
}
