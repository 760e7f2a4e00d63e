import { LONGEST_TEXT } from './utf8';
import { tooLong } from './lineBlocks';
import { BLOCK_BYTES, type RowBlock, type Table } from './rowBlock';
import { isList } from './rowColumns';

type Rows = Extract<RowBlock, { kind: 'rows' }>;

/** Gathers rows into blocks of about {@link BLOCK_BYTES} of text. */
export class RowCutter {
  #rows: unknown[] = [];
  #bytes = 0;
  #firstRow: number;

  /**
   * @param where names the file in errors
   * @param firstRow number of the first row
   */
  constructor(
    readonly where: string,
    firstRow = 1,
    readonly table?: Table,
  ) {
    this.#firstRow = firstRow;
  }

  /**
   * Takes the next row.
   * @returns the block that is full with it, without its position
   * @throws AdeptError (input) that names the row if it is longer than {@link LONGEST_TEXT} bytes.
   */
  add(row: unknown): Omit<Rows, 'position'> | undefined {
    const bytes = sizeOf(row);
    if (bytes > LONGEST_TEXT) {
      throw tooLong(this.where, `row ${this.#firstRow + this.#rows.length}`);
    }
    this.#rows.push(row);
    this.#bytes += bytes;
    return this.#bytes < BLOCK_BYTES ? undefined : this.rest();
  }

  /** The rows that no block was full with. */
  rest(): Omit<Rows, 'position'> | undefined {
    if (this.#rows.length === 0) {
      return undefined;
    }
    const { table } = this;
    const block = {
      kind: 'rows',
      firstRow: this.#firstRow,
      rows: this.#rows,
      ...(table ? { table } : {}),
    } as const;
    this.#firstRow += this.#rows.length;
    this.#rows = [];
    this.#bytes = 0;
    return block;
  }
}

/** What a value takes, about: a character counts as a byte, a number as eight. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') {
    return value.length;
  }
  if (ArrayBuffer.isView(value)) {
    return value.byteLength;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).reduce((sum: number, part) => sum + sizeOf(part), 0);
  }
  return 8;
}

/** A value as plain data of its own: whole numbers as numbers, arrays of numbers no longer views of a larger buffer. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'string' || value === null) {
    return value;
  }
  if (typeof value === 'bigint') {
    return Number(value);
  }
  if (value === undefined) {
    return null;
  }
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) {
    return Array.from(value, Number);
  }
  if (ArrayBuffer.isView(value)) {
    return isList(value) ? Array.from(value) : null;
  }
  if (Array.isArray(value)) {
    return value.map(plainValue);
  }
  if (typeof value === 'object' && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plainValue(part)]));
  }
  return value;
}
