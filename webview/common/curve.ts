import type { CurvePatch } from '../../src/shared/webview/curvePatch';
import type { Curve } from '../../src/shared/common/curve';

export type { Curve };

export const NO_CURVE: Curve = { x: [], y: [] };

/** The curve with everything from the patch's step on replaced. */
export function patched({ x, y }: Curve, patch: CurvePatch): Curve {
  const kept = countBefore(x, patch.from);
  return { x: [...x.slice(0, kept), ...patch.x], y: [...y.slice(0, kept), ...patch.y] };
}

/** The curve with the points of a part of it in the place of its own there. */
export function refined({ x, y }: Curve, part: CurvePatch): Curve {
  const begin = countBefore(x, part.from);
  const end = countBefore(x, (part.x.at(-1) ?? part.from) + 0.5);
  return {
    x: [...x.slice(0, begin), ...part.x, ...x.slice(Math.max(begin, end))],
    y: [...y.slice(0, begin), ...part.y, ...y.slice(Math.max(begin, end))],
  };
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
