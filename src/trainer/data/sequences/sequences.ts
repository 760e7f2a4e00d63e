import type { Sampling } from '../../../shared/settings/sampling';
import { reversedBits, spreadIndex } from '../../../shared/settings/sampling';

/** Token ids that go through a model together. */
export interface Sequence {
  /** Tells it from every other sequence of this process: what is kept of a sequence is found by this. */
  readonly number: number;
  /** [T] */
  readonly ids: Int32Array;
  /** Positions, ascending from 0, at which documents begin that do not see each other; undefined: all is one document. */
  readonly documentStarts?: Int32Array | undefined;
}

/** Sequences that are read when they are asked for: a list takes no memory of its own for them. */
export interface SequenceList {
  readonly size: number;
  /** @throws RangeError where there is none */
  at(index: number): Sequence;
}

let numbered = 0;

/** The first of `count` numbers that no other sequence of this process has. */
export function newNumbers(count: number): number {
  numbered += count;
  return numbered - count;
}

/** Sequences that are in memory. */
export function listOf(rows: readonly Int32Array[]): SequenceList {
  const first = newNumbers(rows.length);
  return listBy(rows.length, (index) => {
    const ids = rows[index];
    return ids && { number: first + index, ids };
  });
}

export const NO_SEQUENCES: SequenceList = listBy(0, () => undefined);

function listBy(size: number, find: (index: number) => Sequence | undefined): SequenceList {
  return {
    size,
    at: (index) => {
      const found = find(index);
      if (found === undefined) {
        throw new RangeError(`There are ${size} sequences, and no number ${index}.`);
      }
      return found;
    },
  };
}

/** Those of `list` that `index` names, one after the other. */
function viewOf(list: SequenceList, size: number, index: (position: number) => number): SequenceList {
  return listBy(size, (position) =>
    position >= 0 && position < size && Number.isInteger(position) ? list.at(index(position)) : undefined,
  );
}

/** At most `count` sequences, in their order, as `sampleOf` takes them. */
export function sampleOfList(list: SequenceList, count: number, sampling: Sampling): SequenceList {
  if (count >= list.size) {
    return list;
  }
  return viewOf(
    list,
    count,
    sampling === 'first' ? (position) => position : (position) => spreadIndex(position, count, list.size),
  );
}

export function firstOf(list: SequenceList, count: number): SequenceList {
  return sampleOfList(list, count, 'first');
}

/** All sequences, in an order of which every beginning is from all over the list: that of the reversed bits of their positions. */
export function evenlySpaced(list: SequenceList): SequenceList {
  const bits = Math.ceil(Math.log2(Math.max(1, list.size)));
  // Reversed positions beyond the list's end are passed over, so a position is found by counting from the last one that was found.
  let [counted, candidate] = [-1, -1];
  return viewOf(list, list.size, (position) => {
    if (position < counted || counted < 0) {
      [counted, candidate] = [-1, -1];
    }
    while (counted < position) {
      candidate += 1;
      if (reversedBits(candidate, bits) < list.size) {
        counted += 1;
      }
    }
    return reversedBits(candidate, bits);
  });
}

export function* eachOf(list: SequenceList): Generator<Sequence> {
  for (let index = 0; index < list.size; index++) {
    yield list.at(index);
  }
}

/** Tokens of all sequences together; walks through the list. */
export function tokensOf(list: SequenceList): number {
  let tokens = 0;
  for (const { ids } of eachOf(list)) {
    tokens += ids.length;
  }
  return tokens;
}
