/** Sum of values in double precision: the mean of a million float32 losses must not drift. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}
