import type { Curve } from '../common/curve';

/** The smoothed curve follows a change of the run's loss over about this share of the run. */
const SHARE = 0.02;
/** Points that it needs at least to smooth anything. */
const FEWEST_POINTS = 10;

/**
 * An exponential moving average over steps that may lie at any distance from each other, without the pull towards the first
 * value that a plain one has.
 * @param curve by ascending step
 * @param span steps after which a value's weight has fallen to 1/e; a share of the curve's length when left out
 */
export function smoothed({ x, y }: Curve, span = spanOf(x)): Curve {
  let weighted = 0;
  let weight = 0;
  let last = x[0] ?? 0;
  const values = y.map((value, index) => {
    const step = x[index] ?? last;
    const decay = span > 0 ? Math.exp(-(step - last) / span) : 0;
    weighted = weighted * decay + value;
    weight = weight * decay + 1;
    last = step;
    return weighted / weight;
  });
  return { x, y: values };
}

function spanOf(x: readonly number[]): number {
  const [first] = x;
  const last = x.at(-1);
  return first === undefined || last === undefined || x.length < FEWEST_POINTS ? 0 : (last - first) * SHARE;
}
