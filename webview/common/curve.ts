/** Values over ascending steps. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** How many of the ascending steps are before `step`. */
export function countBefore(steps: readonly number[], step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] ?? Infinity) < step) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The index of the step closest to `step`; undefined where there are none. */
export function nearest(steps: readonly number[], step: number): number | undefined {
  const index = countBefore(steps, step);
  const [before, after] = [steps[index - 1], steps[index]];
  if (before === undefined || after === undefined) {
    return after !== undefined ? index : before !== undefined ? index - 1 : undefined;
  }
  return step - before < after - step ? index - 1 : index;
}
