import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { readError } from './fileError';

/**
 * Equal for lists of files of equal contents in the same order, wherever they lie.
 * @returns SHA-256 in hexadecimal
 * @throws AdeptError (input) naming a file that cannot be read
 */
export async function contentHash(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    // One file must not be mistaken for its two halves.
    hash.update(await sha256OfFile(file), 'hex');
  }
  return hash.digest('hex');
}

/**
 * Reads the file piece by piece.
 * @returns SHA-256 in hexadecimal
 * @throws AdeptError (input) naming a file that cannot be read
 */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  } catch (error) {
    throw readError(file, 'a file', error);
  }
  return hash.digest('hex');
}
