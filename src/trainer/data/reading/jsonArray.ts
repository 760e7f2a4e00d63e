import { inputError } from '../../../shared/common/errors';
import { LONGEST_TEXT } from './utf8';
import { tooLong } from './lineBlocks';

/** One element of a JSON array, not parsed. */
export interface ArrayElement {
  readonly bytes: Uint8Array;
  /** Where it begins in the unpacked file, in bytes. */
  readonly offset: number;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c] as const;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d] as const;

/**
 * Cuts a JSON array into its elements without holding it: only brackets and quotes are looked at.
 * @param first where its bracket stands
 * @param where names the file in errors
 * @throws AdeptError (input) if it ends too early, goes on after its end, or has an element that is too long.
 */
export async function* arrayElements(
  pieces: AsyncIterable<Uint8Array>,
  first: number,
  where: string,
): AsyncGenerator<ArrayElement> {
  const scan = new ArrayScan();
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let offset = 0;
  let elements = 0;
  for await (const piece of pieces) {
    let start = Math.min(piece.length, Math.max(0, first + 1 - offset));
    for (let end = scan.next(piece, start); end >= 0; end = scan.next(piece, start)) {
      const bytes = Buffer.concat([...kept, piece.subarray(start, end)]);
      // What stands before the closing bracket is no element only in an empty array.
      if (!scan.closed || elements > 0 || bytes.some((byte) => byte > 0x20)) {
        elements += 1;
        yield { bytes, offset: offset + start - keptBytes };
      }
      kept = [];
      keptBytes = 0;
      start = end + 1;
    }
    if (scan.closed) {
      checkRemainder(piece.subarray(start), where);
    } else {
      kept.push(piece.subarray(start));
      keptBytes += piece.length - start;
    }
    if (keptBytes > LONGEST_TEXT) {
      throw tooLong(where, `row ${elements + 1}`);
    }
    offset += piece.length;
  }
  if (!scan.closed) {
    throw inputError(
      `${where}: is not JSON (its list has no end): correct it, or name it .jsonl if each line is one object.`,
    );
  }
}

function checkRemainder(bytes: Uint8Array, where: string): void {
  if (bytes.some((byte) => byte > 0x20)) {
    throw inputError(
      `${where}: is not JSON (something follows its list): correct it, or name it .jsonl if each line is one list.`,
    );
  }
}

/** How deep in an array a scan is. */
class ArrayScan {
  /** Whether the array's own bracket was closed. */
  closed = false;
  #depth = 0;
  #quoted = false;
  #escaped = false;

  /** The position of the comma or bracket that ends the element, from `start` on; -1 if it does not end in these bytes. */
  next(bytes: Uint8Array, start: number): number {
    if (this.closed) {
      return -1;
    }
    for (let at = start; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.#quoted) {
        this.#inText(byte);
      } else if (byte === QUOTE) {
        this.#quoted = true;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        this.#depth += 1;
      } else if (byte === COMMA && this.#depth === 0) {
        return at;
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        this.#depth -= 1;
        if (this.#depth < 0) {
          this.closed = true;
          return at;
        }
      }
    }
    return -1;
  }

  #inText(byte: number): void {
    if (this.#escaped) {
      this.#escaped = false;
    } else if (byte === BACKSLASH) {
      this.#escaped = true;
    } else if (byte === QUOTE) {
      this.#quoted = false;
    }
  }
}
