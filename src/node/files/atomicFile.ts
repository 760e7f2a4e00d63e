import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AdeptError } from '../../shared/common/errors';
import { errorCode, writeError } from './fileError';
import { freeBytes } from './freeBytes';

/** One write call may not exceed 2^31 − 1 bytes; Linux itself stops a little below. */
const LARGEST_WRITE = 2 ** 29;

let temporaries = 0;

/** A name beside a file that nothing else uses. */
export function temporaryBeside(path: string): string {
  temporaries += 1;
  return join(dirname(path), `.${basename(path)}.${process.pid}-${temporaries}.tmp`);
}

/** The process that made a file of such a name; undefined for any other name. */
export function makerOfTemporary(name: string): number | undefined {
  const [, pid] = /^\..+\.(\d+)-\d+\.tmp$/.exec(name) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** Writes all of `bytes` at the end of what was written to `fd` before. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(fd, bytes, done, Math.min(bytes.length - done, LARGEST_WRITE));
  }
}

/**
 * Creates or replaces a file so that, whenever the process or machine dies, either the old content or the whole new
 * one is there: a temporary file beside it, synced, renamed, and the folder synced.
 * @param write writes the content to the descriptor it is given
 * @param bytes how much `write` will write, if known: checked against the free space first, and named in errors
 * @throws AdeptError (input) that names the file; the temporary file is gone and what was there before is untouched.
 */
export function replaceFile(path: string, write: (fd: number) => void, bytes?: number): void {
  const folder = dirname(path);
  const temporary = temporaryBeside(path);
  try {
    checkSpace(folder, bytes);
    const fd = openSync(temporary, 'wx');
    try {
      write(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    fsyncFolder(folder);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error instanceof AdeptError || errorCode(error) === undefined
      ? error
      : writeError(path, error, bytes);
  }
}

/** {@link replaceFile} with content that is already in memory. */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
  replaceFile(
    path,
    (fd) => {
      writeFully(fd, bytes);
    },
    bytes.length,
  );
}

/** Makes the names in a folder (a file just created or renamed) survive a power cut. */
export function fsyncFolder(path: string): void {
  // Windows cannot open a folder for syncing; its renames are written through by the file system.
  if (process.platform === 'win32') {
    return;
  }
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network file systems refuse to sync a folder; the rename itself has happened.
    if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(errorCode(error) ?? '')) {
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

/** Checks that there is room for a file, or for several beside it. @throws AdeptError (input) that names the file. */
export function checkFree(path: string, bytes: number): void {
  try {
    checkSpace(dirname(path), bytes);
  } catch (error) {
    throw errorCode(error) === undefined ? error : writeError(path, error, bytes);
  }
}

/** @throws an ENOSPC error before anything is written, where the file system says how much is free. */
function checkSpace(folder: string, bytes: number | undefined): void {
  if (bytes === undefined) {
    return;
  }
  const free = freeBytes(folder);
  if (free < bytes) {
    throw Object.assign(new Error(`${free} bytes are free`), { code: 'ENOSPC' });
  }
}
