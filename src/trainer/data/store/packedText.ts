import type { Packing } from '../../../shared/texts/texts';
import { newNumbers, type Sequence, type SequenceList } from '../sequences/sequences';
import type { TokenStore } from './tokenStore';

/** Ends of documents that are read at once. */
const ENDS_AT_ONCE = 256;

/**
 * The sequences of a stored text: documents joined end to end and cut to `seqLen`, what remains at the end left out, and among
 * them rows of token ids, each a sequence as it is, where they came. Read when they are asked for.
 */
export class PackedText implements SequenceList {
  readonly size: number;
  private readonly first: number;
  private readonly rows: number;
  private readonly packed: number;
  private readonly documents: number;

  constructor(
    private readonly store: TokenStore,
    readonly seqLen: number,
    private readonly packing: Packing,
  ) {
    const { rows, tokens, documents } = store.description;
    this.rows = rows;
    this.documents = documents;
    this.packed = Math.floor(tokens / seqLen);
    this.size = this.packed + rows;
    this.first = newNumbers(this.size);
  }

  at(index: number): Sequence {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`There are ${this.size} sequences, and no number ${index}.`);
    }
    const row = this.rowsUpTo(index);
    const number = this.first + index;
    return row > 0 && this.indexOfRow(row - 1) === index
      ? { number, ids: this.rowIds(row - 1) }
      : { number, ...this.textAt((index - row) * this.seqLen) };
  }

  /** A row stands behind the sequences that the text before it completed. */
  private indexOfRow(row: number): number {
    return row + Math.floor(this.store.row(row).textBefore / this.seqLen);
  }

  /** How many rows stand at this index or before it. */
  private rowsUpTo(index: number): number {
    return countUntil(this.rows, (row) => this.indexOfRow(row) <= index);
  }

  private rowIds(row: number): Int32Array {
    const begin = row === 0 ? 0 : this.store.row(row - 1).end;
    return this.store.rowTokens(begin, this.store.row(row).end);
  }

  private textAt(begin: number): Omit<Sequence, 'number'> {
    const end = begin + this.seqLen;
    const ids = this.store.tokens(begin, end);
    return this.packing === 'separate' ? { ids, documentStarts: this.startsIn(begin, end) } : { ids };
  }

  /** Where documents begin in [begin, end), counted from `begin`; what continues a document begins at 0. */
  private startsIn(begin: number, end: number): Int32Array {
    const { store, documents } = this;
    const starts = [0];
    let next = countUntil(documents, (document) => (store.ends(document, 1)[0] ?? Infinity) <= begin);
    while (next < documents) {
      const ends = store.ends(next, Math.min(ENDS_AT_ONCE, documents - next));
      const inside = ends.filter((at) => at < end);
      starts.push(...Array.from(inside, (at) => at - begin));
      if (inside.length < ends.length) {
        break;
      }
      next += ends.length;
    }
    return Int32Array.from(new Set(starts));
  }
}

/** How many of the first numbers hold, of which all that hold come first. */
function countUntil(size: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
