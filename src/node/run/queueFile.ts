import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseWith } from '../../shared/common/parse';
import { EMPTY_QUEUE, RunQueue } from '../../shared/runs/runQueue';
import { acquireLock } from '../files/folderLock';
import { readJson, writeJson } from '../files/jsonFile';

const POLL_MILLISECONDS = 50;

/** The queue of a workspace on the disk, which several windows may change. */
export class QueueFile {
  readonly path: string;

  constructor(readonly folder: string) {
    this.path = join(folder, 'queue.json');
  }

  /** @throws AdeptError (input) when the file cannot be used. */
  read(): RunQueue {
    return existsSync(this.path) ? parseWith(RunQueue, readJson(this.path), this.path) : EMPTY_QUEUE;
  }

  /**
   * Changes the queue while no other window does. Nothing is written where `change` gives back what it was given.
   * @returns the queue as it is then
   * @throws AdeptError (input) when the file cannot be used, which stays as it is, or written.
   */
  async update(change: (queue: RunQueue) => RunQueue): Promise<RunQueue> {
    mkdirSync(this.folder, { recursive: true });
    const release = await acquireLock(this.folder, {
      onWait: () => undefined,
      pollMs: POLL_MILLISECONDS,
    });
    try {
      const before = this.read();
      const after = change(before);
      if (after !== before) {
        writeJson(this.path, after);
      }
      return after;
    } finally {
      release();
    }
  }
}
