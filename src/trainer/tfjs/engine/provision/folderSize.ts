import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files below a folder; what disappears meanwhile counts nothing. */
export async function treeBytes(folder: string): Promise<number> {
  let total = 0;
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      total += entry.isDirectory() ? await treeBytes(path) : (await lstat(path)).size;
    }
  } catch {
    // Files come and go while a tool works here.
  }
  return total;
}

/** Reports a size once a second until it is told to stop; a measurement that fails is passed over. */
export function watchSize(measure: () => Promise<number>, report: (bytes: number) => void): () => void {
  const state = { stopped: false, busy: false };
  const timer = setInterval(() => {
    if (state.busy) {
      return;
    }
    state.busy = true;
    void measure()
      .then((bytes) => {
        if (!state.stopped) {
          report(bytes);
        }
      })
      .finally(() => {
        state.busy = false;
      });
  }, 1_000);
  return () => {
    state.stopped = true;
    clearInterval(timer);
  };
}
