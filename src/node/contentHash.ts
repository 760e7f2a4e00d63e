import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { readError } from './fileError';

const CHUNK = 1 << 20;

/**
 * Equal for lists of files of equal contents in the same order, wherever they lie.
 * @returns SHA-256 in hexadecimal
 * @throws AdeptError (input) naming a file that cannot be read
 */
export function contentHash(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    // One file must not be mistaken for its two halves.
    hash.update(hashOf(file));
  }
  return hash.digest('hex');
}

function hashOf(file: string): Buffer {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK);
  try {
    const handle = openSync(file, 'r');
    try {
      for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
        hash.update(chunk.subarray(0, read));
      }
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw readError(file, 'a file', error);
  }
  return hash.digest();
}
