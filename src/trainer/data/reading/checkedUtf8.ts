import { isUtf8 } from 'node:buffer';
import { decodeUtf8 } from './utf8';
import { countLines } from './lineBlocks';
import { lineRanges } from './textLines';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * The same bytes without a byte order mark, cut between characters.
 * @param where names the file in errors
 * @throws AdeptError (input) that names line and byte of what is no UTF-8.
 */
export async function* checkedUtf8(
  pieces: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<Uint8Array> {
  let cut = new Uint8Array(0);
  let offset = 0;
  let line = 1;
  for await (const piece of pieces) {
    const bytes = cut.length === 0 ? piece : Buffer.concat([cut, piece]);
    const end = wholeCharacters(bytes);
    const whole = bytes.subarray(0, end);
    // A copy: the last bytes of a piece should not keep all of it.
    cut = Uint8Array.from(bytes.subarray(end));
    check(whole, offset, line, where);
    const marked = offset === 0 && BYTE_ORDER_MARK.every((byte, index) => whole[index] === byte);
    offset += whole.length;
    line += countLines(whole);
    yield marked ? whole.subarray(BYTE_ORDER_MARK.length) : whole;
  }
  check(cut, offset, line, where);
}

function check(bytes: Uint8Array, offset: number, firstLine: number, where: string): void {
  if (isUtf8(bytes)) {
    return;
  }
  for (const { start, end, number } of lineRanges(bytes, firstLine)) {
    // Throws for the line that is not.
    decodeUtf8(bytes.subarray(start, end), offset + start, `${where}: line ${number}`);
  }
}

/** How many of the bytes are whole characters: a character of UTF-8 has up to four bytes, of which all but the first begin with the bits 10. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
    if (byte < 0x80) {
      break;
    }
  }
  return bytes.length;
}
