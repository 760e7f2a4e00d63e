/** Where a value stands among others, lowest first. */
export interface Rank {
  /** From 1; equal values share the best rank, as in a competition (1, 2, 2, 4). */
  readonly rank: number;
  readonly of: number;
}

/** The standing of a value among values that hold it. */
export function rankAmong(value: number, values: readonly number[]): Rank {
  return { rank: values.filter((other) => other < value).length + 1, of: values.length };
}

/** Of every distinct value, its rank from 0 (lowest) to 1 (highest); equal values share the mean of their ranks. */
export function relativeRanks(values: readonly number[]): ReadonlyMap<number, number> {
  const sorted = [...values].sort((a, b) => a - b);
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (const [index, value] of sorted.entries()) {
    first.set(value, first.get(value) ?? index);
    last.set(value, index);
  }
  const highest = Math.max(1, sorted.length - 1);
  return new Map(
    [...first].map(([value, begin]) => [value, (begin + (last.get(value) ?? begin)) / 2 / highest]),
  );
}
