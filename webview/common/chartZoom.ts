import { countBefore, type Curve } from './curve';

/** First and last step of an axis. */
export type StepRange = readonly [first: number, last: number];

/** Steps that are shown at least. */
const FEWEST_STEPS = 4;

/** What is shown of `full`: all of it where `zoom` is null, otherwise as much of `zoom` as there is. */
export function shownRange(full: StepRange, zoom: StepRange | null): StepRange {
  return (zoom && zoomTo(zoom, full)) ?? full;
}

/** A range as wide, moved into `full`; null where that is all of it. */
export function zoomTo([first, last]: StepRange, [begin, end]: StepRange): StepRange | null {
  const least = Math.min(FEWEST_STEPS, end - begin);
  const width = Math.max(least, last - first);
  if (width >= end - begin) {
    return null;
  }
  const from = Math.min(end - width, Math.max(begin, (first + last - width) / 2));
  return [from, from + width];
}

/** Shows `factor` times as many steps, with the step `at` where it is. */
export function zoomAt(
  [first, last]: StepRange,
  full: StepRange,
  at: number,
  factor: number,
): StepRange | null {
  const least = Math.min(FEWEST_STEPS, full[1] - full[0]);
  const kept = Math.max(factor, least / Math.max(1e-9, last - first));
  return zoomTo([at - (at - first) * kept, at + (last - at) * kept], full);
}

export function pan([first, last]: StepRange, full: StepRange, steps: number): StepRange | null {
  return zoomTo([first + steps, last + steps], full);
}

/** Lowest and highest value of curves over a range, with those where a line enters and leaves it; undefined where there is none. */
export function extentOver(
  curves: readonly Curve[],
  [first, last]: StepRange,
): readonly [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const { x, y } of curves) {
    const begin = countBefore(x, first);
    const end = countBefore(x, last + Number.EPSILON * Math.abs(last));
    const values = [...y.slice(begin, end), valueAt({ x, y }, begin, first), valueAt({ x, y }, end, last)];
    for (const value of values) {
      if (value !== undefined && Number.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** On the line between the points before `index` and at it; undefined outside of the curve. */
function valueAt({ x, y }: Curve, index: number, step: number): number | undefined {
  const [x0, x1, y0, y1] = [x[index - 1], x[index], y[index - 1], y[index]];
  return x0 === undefined || x1 === undefined || y0 === undefined || y1 === undefined
    ? undefined
    : y0 + ((y1 - y0) * (step - x0)) / Math.max(1e-12, x1 - x0);
}
