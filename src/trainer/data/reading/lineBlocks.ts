import { inputError } from '../../../shared/common/errors';
import { LONGEST_TEXT } from './utf8';
import { BLOCK_BYTES } from './rowBlock';

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** Whole lines of a file. */
export interface LineBlock {
  /** From 1. */
  readonly firstRow: number;
  /** With their line ends, in a buffer of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where they begin in the unpacked file, in bytes; a byte order mark counts and is dropped. */
  readonly offset: number;
}

/**
 * Cuts bytes between lines into blocks of about {@link BLOCK_BYTES}.
 * @throws AdeptError (input) that names the line that is longer than {@link LONGEST_TEXT} bytes.
 */
export async function* lineBlocks(
  pieces: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<LineBlock> {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let firstRow = 1;
  let offset = 0;
  const cut = (last: Uint8Array): LineBlock => {
    const whole = joined([...kept, last], keptBytes + last.length);
    const mark = offset === 0 && BYTE_ORDER_MARK.every((byte, index) => whole[index] === byte);
    const bytes = mark ? whole.slice(BYTE_ORDER_MARK.length) : whole;
    const block = { firstRow, bytes, offset: offset + whole.length - bytes.length };
    firstRow += countLines(bytes);
    offset += whole.length;
    kept = [];
    keptBytes = 0;
    return block;
  };
  for await (const piece of pieces) {
    const end = keptBytes + piece.length < BLOCK_BYTES ? 0 : piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield cut(piece.subarray(0, end));
    }
    const rest = end > 0 ? piece.subarray(end) : piece;
    kept.push(rest);
    keptBytes += rest.length;
    if (keptBytes > LONGEST_TEXT) {
      throw tooLong(where, `row ${firstRow + countLines(joined(kept, keptBytes))}`);
    }
  }
  if (keptBytes > 0) {
    yield cut(new Uint8Array(0));
  }
}

/** A row that is too long to be worked on. @param row for example `row 7` */
export function tooLong(where: string, row: string): Error {
  return inputError(
    `${where}: ${row}: is longer than ${LONGEST_TEXT} bytes, the most that one row of a file or archive may unpack to: cut the text into several rows.`,
  );
}

/** The pieces one after the other, in a buffer of their own, as it is to be posted to a thread. */
function joined(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const piece of pieces) {
    bytes.set(piece, end);
    end += piece.length;
  }
  return bytes;
}

/** How many lines end in some bytes. */
export function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    count += 1;
  }
  return count;
}
