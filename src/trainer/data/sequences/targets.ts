import type { Batch } from './batch';

/** The predicted positions of a batch: row in [B·T], the token that follows, and the sequence it belongs to. */
export interface Targets {
  readonly rows: Int32Array;
  readonly ids: Int32Array;
  readonly sequences: Int32Array;
}

/**
 * Every position that has a next token in its own sequence; padded positions are never among them. The last token of a
 * document predicts the first of the next in its row, also where the two do not see each other: what counts is the same
 * joined and separate, so that their losses can be compared, and a model learns that a text may end and another begin,
 * which is what a sampler stops at.
 */
export function targetsOf(batch: Batch): Targets {
  const rows: number[] = [];
  const ids: number[] = [];
  const sequences: number[] = [];
  batch.lengths.forEach((length, sequence) => {
    for (let position = 0; position + 1 < length; position++) {
      const row = sequence * batch.length + position;
      rows.push(row);
      ids.push(batch.tokens[row + 1] ?? 0);
      sequences.push(sequence);
    }
  });
  return { rows: Int32Array.from(rows), ids: Int32Array.from(ids), sequences: Int32Array.from(sequences) };
}

/** How many positions {@link targetsOf} a batch finds. */
export function targetCount({ lengths }: Batch): number {
  return lengths.reduce((sum, length) => sum + Math.max(0, length - 1), 0);
}
