import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AdeptError, inputError } from '../../../shared/common/errors';
import { readError } from '../../../node/files/fileError';
import { LONGEST_TEXT, decodeUtf8 } from './utf8';

const CHUNK = 2 ** 20;
const NEWLINE = 0x0a;

/** One line of a text file, without its line end. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/**
 * The lines of a UTF-8 file, read piece by piece; a byte order mark is dropped and CRLF ends a line as LF does.
 * @param where names the file in errors
 * @throws AdeptError (input) if the file cannot be read, is empty, or is not UTF-8.
 */
export function* readLines(file: string, where: string): Generator<Line> {
  let number = 0;
  let offset = 0;
  for (const bytes of readRecords(file, where)) {
    number += 1;
    const text = decodeUtf8(bytes, offset, `${where}: line ${number}`);
    yield { text: text.endsWith('\r') ? text.slice(0, -1) : text, number };
    offset += bytes.length + 1;
  }
}

/** The whole of a UTF-8 file, without a byte order mark; throws as {@link readLines} does. */
export function readText(file: string, where: string): string {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const piece of readPieces(file, where)) {
    length += piece.length;
    if (length > LONGEST_TEXT) {
      throw inputError(
        `${where}: more than ${LONGEST_TEXT} bytes are too much for this form: write it as .jsonl.`,
      );
    }
    pieces.push(piece);
  }
  return decodeUtf8(Buffer.concat(pieces), 0, where);
}

/** The bytes between line feeds. */
function* readRecords(file: string, where: string): Generator<Uint8Array> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for (const piece of readPieces(file, where)) {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...rest, piece.subarray(start, end)]);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    rest.push(piece.subarray(start));
    restBytes += piece.length - start;
    if (restBytes > LONGEST_TEXT) {
      throw inputError(`${where}: a line is longer than ${LONGEST_TEXT} bytes: break it into several.`);
    }
  }
  if (restBytes > 0) {
    yield Buffer.concat(rest);
  }
}

/** The bytes of a file, each piece an array of its own. */
function* readPieces(file: string, where: string): Generator<Uint8Array> {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    // A folder can be opened; only reading it fails, and without its name.
    if (fstatSync(handle).isDirectory()) {
      throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    }
    let total = 0;
    for (;;) {
      const piece = new Uint8Array(CHUNK);
      const got = readSync(handle, piece);
      if (got === 0) {
        break;
      }
      total += got;
      yield piece.subarray(0, got);
    }
    if (total === 0) {
      throw inputError(`${where}: the file is empty: name a corpus that holds text.`);
    }
  } catch (error) {
    throw error instanceof AdeptError ? error : readError(where, 'a corpus file', error);
  } finally {
    if (handle !== undefined) {
      closeSync(handle);
    }
  }
}
