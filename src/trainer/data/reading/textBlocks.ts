import { inputError } from '../../../shared/common/errors';
import { LONGEST_TEXT, decodeUtf8 } from './utf8';
import { type LineBlock, lineBlocks, tooLong } from './lineBlocks';
import { BLOCK_BYTES } from './rowBlock';
import { decodedLines, lineRanges } from './textLines';

/** Texts of a file, in order. */
export interface TextBlock {
  /** Number of the first text, from 1. */
  readonly firstRow: number;
  readonly texts: readonly string[];
}

/**
 * What stands between blank lines, in blocks of about {@link BLOCK_BYTES}.
 * @throws AdeptError (input) that names the line that is no UTF-8, or the text that is too long.
 */
export async function* paragraphBlocks(
  pieces: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<TextBlock> {
  let lines: string[] = [];
  let length = 0;
  let firstRow = 1;
  let texts: string[] = [];
  let blockLength = 0;
  const endParagraph = (): void => {
    if (lines.length > 0) {
      texts.push(lines.join('\n'));
      blockLength += length;
      lines = [];
      length = 0;
    }
  };
  const take = (): TextBlock => {
    const block = { firstRow, texts };
    firstRow += texts.length;
    texts = [];
    blockLength = 0;
    return block;
  };
  for await (const block of lineBlocks(pieces, where)) {
    for (const line of linesOf(block, where)) {
      if (line.trim() === '') {
        endParagraph();
      } else {
        lines.push(line);
        length += line.length + 1;
        if (length > LONGEST_TEXT) {
          throw tooLong(where, `text ${firstRow + texts.length}`);
        }
      }
      if (blockLength >= BLOCK_BYTES) {
        yield take();
      }
    }
  }
  endParagraph();
  if (texts.length > 0) {
    yield take();
  }
}

/** The whole file as one text. @throws AdeptError (input) if it is no UTF-8, or too long. */
export async function wholeText(pieces: AsyncIterable<Uint8Array>, where: string): Promise<string> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > LONGEST_TEXT) {
      throw inputError(
        `${where}: more than ${LONGEST_TEXT} bytes are too much for a file that is read as a whole: write it as .jsonl.`,
      );
    }
    kept.push(piece);
  }
  return decodeUtf8(Buffer.concat(kept), 0, where).replaceAll('\r\n', '\n');
}

/** The lines of a block without their line ends. */
function* linesOf({ bytes, firstRow, offset }: LineBlock, where: string): Generator<string> {
  const lines = decodedLines(bytes);
  if (lines !== undefined) {
    yield* lines;
    return;
  }
  for (const { start, end, number } of lineRanges(bytes, firstRow)) {
    const line = decodeUtf8(bytes.subarray(start, end), offset + start, `${where}: line ${number}`);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
