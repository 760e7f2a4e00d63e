import type { Curve } from '../common/curve';

/**
 * An exponential moving average without the pull towards the first value that a plain one has (bias correction as in Adam and in
 * TensorBoard). Steps may lie at any distance: a value at d steps after the one before stands for those d steps, so that a curve
 * of which some points are shown is smoothed like the whole.
 * @param curve by ascending step
 * @param weight of what came before at the next step, 0 to below 1; 0 leaves the curve as it is
 */
export function smoothed({ x, y }: Curve, weight: number): Curve {
  if (weight <= 0) {
    return { x, y };
  }
  let mean = 0;
  /** What the zero that the average begins with still counts for. */
  let bias = 1;
  let last = (x[0] ?? 0) - 1;
  const values = y.map((value, index) => {
    const step = x[index] ?? last;
    const decay = weight ** (step - last);
    mean = mean * decay + value * (1 - decay);
    bias *= decay;
    last = step;
    return mean / (1 - bias);
  });
  return { x, y: values };
}
