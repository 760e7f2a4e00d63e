/** Standard deviations within which 95 % of a normal distribution lie. */
const Z = 1.959964;

/** The 95 % confidence interval of a share of which `successes` of `trials` were seen (Wilson 1927); [0, 1] of none. */
export function wilsonInterval(successes: number, trials: number): [low: number, high: number] {
  if (trials === 0) {
    return [0, 1];
  }
  const share = successes / trials;
  const spread = Z ** 2 / trials;
  const middle = (share + spread / 2) / (1 + spread);
  const half = (Z / (1 + spread)) * Math.sqrt((share * (1 - share)) / trials + spread / (4 * trials));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
