import { isUtf8 } from 'node:buffer';
import { inputError } from '../../../shared/common/errors';

/** Bytes; well below the longest string of the engine (2^29 characters), so that every text can still be worked on. */
export const LONGEST_TEXT = 2 ** 28;

/**
 * The text of UTF-8 bytes.
 * @param offset where in the file `bytes` begin: at 0 a byte order mark is dropped
 * @param where opens the error
 * @throws AdeptError (input) that names the first byte of the file that is no UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, offset: number, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: offset > 0 }).decode(bytes);
  } catch (error) {
    throw inputError(
      `${where}: byte ${offset + firstInvalid(bytes)} of the file is not UTF-8: save the file in that encoding.`,
      error,
    );
  }
}

/** How many bytes of `bytes` are UTF-8; found by halving, because the decoder does not tell. */
function firstInvalid(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = Math.floor((valid + invalid) / 2);
    if (isPrefix(bytes.subarray(0, middle))) {
      valid = middle;
    } else {
      invalid = middle;
    }
  }
  // What is wrong may be the beginning of a character that does not go on: the position is where it begins.
  while (!isUtf8(bytes.subarray(0, valid))) {
    valid -= 1;
  }
  return valid;
}

/** Whether some text begins with these bytes: a character cut short at their end is fine. */
function isPrefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
