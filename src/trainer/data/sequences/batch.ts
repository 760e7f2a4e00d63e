import { newNumbers, type Sequence, type SequenceList, eachOf } from './sequences';

/** Sequences side by side. */
export interface Batch {
  /** [B, T] row-major, each row filled up with 0 on the right. */
  readonly tokens: Int32Array;
  readonly batch: number;
  readonly length: number;
  /** [B] the true length of each row: what lies beyond is never a target. */
  readonly lengths: Int32Array;
  /** [B] by which sequences are known again. */
  readonly numbers: readonly number[];
  /**
   * [B] positions, ascending from 0, at which documents begin that do not see each other (packing separate); undefined: each
   * row is one document.
   */
  readonly documentStarts?: readonly Int32Array[] | undefined;
}

/** Batches that may be gone through more than once, read as they come. */
export interface BatchList extends Iterable<Batch> {
  readonly length: number;
}

/** Puts rows of any lengths side by side that are sequences of their own. */
export function makeBatch(rows: readonly Int32Array[], documentStarts?: readonly Int32Array[]): Batch {
  if (documentStarts !== undefined && documentStarts.length !== rows.length) {
    throw new Error(`A batch of ${rows.length} rows has documents of ${documentStarts.length}.`);
  }
  const first = newNumbers(rows.length);
  return batchOf(
    rows.map((ids, index) => ({ ids, number: first + index, documentStarts: documentStarts?.[index] })),
  );
}

/** Puts sequences of any lengths side by side. */
export function batchOf(sequences: readonly Sequence[]): Batch {
  const lengths = Int32Array.from(sequences, ({ ids }) => ids.length);
  const length = lengths.reduce((longest, current) => Math.max(longest, current), 0);
  const tokens = new Int32Array(sequences.length * length);
  for (const [row, { ids }] of sequences.entries()) {
    tokens.set(ids, row * length);
  }
  const numbers = sequences.map(({ number }) => number);
  const separate = sequences.some(({ documentStarts }) => documentStarts !== undefined);
  return {
    ...{ tokens, batch: sequences.length, length, lengths, numbers },
    ...(separate
      ? { documentStarts: sequences.map(({ documentStarts }) => documentStarts ?? Int32Array.of(0)) }
      : {}),
  };
}

/** Positions of a batch's longest document, with what its row is filled up with where it is the last one. */
export function longestDocument({ length, documentStarts }: Batch): number {
  if (documentStarts === undefined) {
    return length;
  }
  const lengths = documentStarts.flatMap((starts) =>
    Array.from(starts, (start, index) => (starts[index + 1] ?? length) - start),
  );
  return lengths.reduce((longest, current) => Math.max(longest, current), 0);
}

/** The sequences that a batch was made of. */
export function rowsOf({ tokens, length, lengths, numbers, documentStarts }: Batch): Sequence[] {
  return numbers.map((number, row) => ({
    number,
    ids: tokens.subarray(row * length, row * length + (lengths[row] ?? 0)),
    documentStarts: documentStarts?.[row],
  }));
}

/** Sequences in their order, `batchSize` at a time; the last batch may be smaller. */
export function batches(list: SequenceList, batchSize: number): BatchList {
  const length = Math.ceil(list.size / batchSize);
  return {
    length,
    *[Symbol.iterator]() {
      let waiting: Sequence[] = [];
      for (const sequence of eachOf(list)) {
        waiting.push(sequence);
        if (waiting.length === batchSize) {
          yield batchOf(waiting);
          waiting = [];
        }
      }
      if (waiting.length > 0) {
        yield batchOf(waiting);
      }
    },
  };
}
