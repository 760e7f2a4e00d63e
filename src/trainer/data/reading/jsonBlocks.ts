import { inputError, messageOf } from '../../../shared/common/errors';
import { LONGEST_TEXT, decodeUtf8 } from './utf8';
import { arrayElements } from './jsonArray';
import { parseLenientJson } from './lenientJson';
import { lineBlocks } from './lineBlocks';
import type { RowBlock } from './rowBlock';
import { isObject } from './rowColumns';
import { RowCutter } from './rowCutter';
import { wholeText } from './textBlocks';

type Block<Kind extends RowBlock['kind'] = RowBlock['kind']> = Kind extends Kind
  ? Omit<Extract<RowBlock, { kind: Kind }>, 'position'>
  : never;

const NEWLINE = 0x0a;
const OPEN_LIST = 0x5b;
const ADVICE = 'correct it, or name it .jsonl if each line is one object.';

/**
 * The rows of a .json file: a list, which is read as a stream; `{"data": [...]}` or one row by itself, which are read as a
 * whole; or one object a line, as many .json.gz files on the Hugging Face Hub are.
 * @param where names the file in errors
 * @throws AdeptError (input) if it is not JSON, or too long an object.
 */
export async function* jsonBlocks(pieces: AsyncGenerator<Uint8Array>, where: string): AsyncGenerator<Block> {
  const { head, form, first } = await sniff(pieces);
  if (form === 'empty') {
    return;
  }
  const all = following(head, pieces);
  if (form === 'lines') {
    for await (const block of lineBlocks(all, where)) {
      yield { kind: 'lines', ...block };
    }
    return;
  }
  const cutter = new RowCutter(where);
  const rows = form === 'list' ? listRows(all, first, where) : objectRows(all, where);
  for await (const row of rows) {
    const block = cutter.add(row);
    if (block !== undefined) {
      yield block;
    }
  }
  const rest = cutter.rest();
  if (rest !== undefined) {
    yield rest;
  }
}

interface Sniffed {
  /** What was read to find out. */
  readonly head: readonly Uint8Array[];
  readonly form: 'empty' | 'list' | 'lines' | 'object';
  /** Where the first character stands that is no space. */
  readonly first: number;
}

/** Reads until it is clear what the file is: up to what follows the first line that is not blank. */
async function sniff(pieces: AsyncGenerator<Uint8Array>): Promise<Sniffed> {
  const head: Uint8Array[] = [];
  let length = 0;
  let first = -1;
  let end = -1;
  for await (const piece of untilEnd(pieces)) {
    head.push(piece);
    const start = length;
    length += piece.length;
    if (first < 0) {
      const found = piece.findIndex((byte, index) => !isBlank(byte) && !isMark(byte, start + index));
      first = found < 0 ? -1 : start + found;
      if (found >= 0 && piece[found] === OPEN_LIST) {
        return { head, form: 'list', first };
      }
    }
    if (first >= 0 && end < 0) {
      const found = piece.indexOf(NEWLINE, Math.max(0, first - start));
      end = found < 0 ? -1 : start + found;
    }
    if (end >= 0 && piece.subarray(Math.max(0, end - start)).some((byte) => !isBlank(byte))) {
      const line = Buffer.concat(head).subarray(first, end);
      return { head, form: isWholeObject(line) ? 'lines' : 'object', first };
    }
    if (length > LONGEST_TEXT) {
      break;
    }
  }
  return { head, form: first < 0 ? 'empty' : 'object', first };
}

/** The pieces that are left, which stay open for others when no more are asked for here. */
async function* untilEnd(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    yield next.value;
  }
}

function isWholeObject(line: Buffer): boolean {
  try {
    return isObject(parseLenientJson(line.toString('utf8')));
  } catch {
    return false;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}

/** Whether a byte belongs to the byte order mark of the file. */
function isMark(byte: number, index: number): boolean {
  return index < 3 && byte === [0xef, 0xbb, 0xbf][index];
}

async function* following(
  head: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* head;
  yield* rest;
}

async function* listRows(pieces: AsyncGenerator<Uint8Array>, first: number, where: string): AsyncGenerator {
  let row = 0;
  for await (const { bytes, offset } of arrayElements(pieces, first, where)) {
    row += 1;
    const text = decodeUtf8(bytes, offset, `${where}: row ${row}`);
    yield parsed(text, `${where}: row ${row}`);
  }
}

async function* objectRows(pieces: AsyncGenerator<Uint8Array>, where: string): AsyncGenerator {
  const content = parsed(await wholeText(pieces, where), where);
  yield* isObject(content) && Array.isArray(content.data) ? content.data : [content];
}

function parsed(text: string, where: string): unknown {
  try {
    return parseLenientJson(text);
  } catch (error) {
    throw inputError(`${where}: is not JSON (${messageOf(error)}): ${ADVICE}`, error);
  }
}
