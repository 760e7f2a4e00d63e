import type { Batch } from '../../data/sequences/batch';

/** Positions of one row that see each other: `length` of them from row `first` of [B·T] on. */
export interface Document {
  readonly first: number;
  readonly length: number;
}

/** Documents that composed attention takes as sequences of one length, each padded at its end. */
export interface DocumentGroup {
  readonly documents: readonly Document[];
  /** That of the longest. */
  readonly length: number;
}

/**
 * What a group costs beside its scores, and a position beside its own, both in scores of one head: calls of operations,
 * and rotating, copying and adding up. Of the size that both have on a processor; what is computed does not depend on it.
 */
const SCORES_PER_GROUP = 128 * 128;
const SCORES_PER_POSITION = 64;

/**
 * The documents of a batch in the order of its rows, without padding; undefined where every row is one document, which is
 * attention over whole rows.
 */
export function separateDocuments(batch: Batch): Document[] | undefined {
  const { documentStarts, lengths, length: longest } = batch;
  if (documentStarts === undefined) {
    return undefined;
  }
  if (documentStarts.length !== batch.batch) {
    throw new Error(`A batch of ${batch.batch} rows has documents of ${documentStarts.length}.`);
  }
  const documents = documentStarts.flatMap((starts, row) => {
    const end = lengths[row] ?? 0;
    checkStarts(starts, end, row);
    return Array.from(starts, (start, index): Document => ({
      first: row * longest + start,
      length: (starts[index + 1] ?? end) - start,
    }));
  });
  return documents.length === documentStarts.length ? undefined : documents;
}

/** @throws Error unless documents begin at 0 and one after the other within a row of `length` tokens. */
function checkStarts(starts: Int32Array, length: number, row: number): void {
  const ascending = starts.every((start, index) => index === 0 || start > (starts[index - 1] ?? NaN));
  if (starts[0] !== 0 || !ascending || Math.max(...starts.subarray(-1)) >= Math.max(length, 1)) {
    throw new Error(`Documents of row ${row}, of ${length} tokens, cannot begin at ${starts.join(', ')}.`);
  }
}

/** The position at which the document of each position begins, [B·T]. What lies beyond a row's end sees itself alone. */
export function startOfEach({ tokens, length }: Batch, documents: readonly Document[]): Int32Array {
  const starts = Int32Array.from(tokens, (_, at) => at % length);
  for (const { first, length: size } of documents) {
    starts.fill(first % length, first, first + size);
  }
  return starts;
}

/**
 * Puts documents of similar length together so that the scores that padding costs and the calls that groups cost are
 * fewest together: a shortest path over the lengths, longest first.
 */
export function groupDocuments(documents: readonly Document[]): DocumentGroup[] {
  const classes = byLength(documents);
  const before = [0];
  for (const [index, { documents: equal }] of classes.entries()) {
    before.push((before[index] ?? 0) + equal.length);
  }
  // For the first `end` lengths: the least cost, and the first length of the last group.
  const best: { cost: number; begin: number }[] = [{ cost: 0, begin: 0 }];
  for (let end = 1; end <= classes.length; end++) {
    let least = { cost: Infinity, begin: 0 };
    for (let begin = 0; begin < end; begin++) {
      const count = (before[end] ?? 0) - (before[begin] ?? 0);
      const cost = (best[begin]?.cost ?? 0) + groupCost(count, classes[begin]?.length ?? 0);
      least = cost < least.cost ? { cost, begin } : least;
    }
    best.push(least);
  }
  const groups: DocumentGroup[] = [];
  for (let end = classes.length; end > 0;) {
    const begin = best[end]?.begin ?? 0;
    const members = classes.slice(begin, end);
    groups.unshift({
      documents: members.flatMap(({ documents: equal }) => equal),
      length: members[0]?.length ?? 0,
    });
    end = begin;
  }
  return groups;
}

function groupCost(documents: number, length: number): number {
  return SCORES_PER_GROUP + documents * length * (length + SCORES_PER_POSITION);
}

/** Documents of equal length together, longest first. */
function byLength(documents: readonly Document[]): DocumentGroup[] {
  const found = new Map<number, Document[]>();
  for (const document of documents) {
    const equal = found.get(document.length);
    if (equal === undefined) {
      found.set(document.length, [document]);
    } else {
      equal.push(document);
    }
  }
  return [...found]
    .sort(([a], [b]) => b - a)
    .map(([length, equal]): DocumentGroup => ({ length, documents: equal }));
}
