import { readSync } from 'node:fs';

/** One read call may not exceed 2^31 − 1 bytes; Linux itself stops a little below. */
const LARGEST_READ = 2 ** 29;

/** Reads until `target` is full or the file ends, and says how many bytes there were. */
export function readFully(handle: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const got = readSync(handle, target, done, Math.min(target.length - done, LARGEST_READ), position + done);
    if (got === 0) {
      break;
    }
    done += got;
  }
  return done;
}
