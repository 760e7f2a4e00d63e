import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isProcessAlive } from './processAlive';
import { makerOfTemporary } from '../files/atomicFile';

/** Removes the temporary files of processes that were killed while they wrote into a folder. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = makerOfTemporary(name);
    if (pid !== undefined && pid !== process.pid && !isProcessAlive(pid, undefined)) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}
