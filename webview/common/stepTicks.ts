/** Ticks of an axis of steps, at most `most` of them: whole steps at round distances. */
export function stepTicks(first: number, last: number, most: number): number[] {
  const spacing = spacingOf((last - first) / most);
  const ticks: number[] = [];
  for (let tick = Math.ceil(first / spacing) * spacing; tick <= last; tick += spacing) {
    ticks.push(tick);
  }
  return ticks;
}

/** The least of 1, 2, 5, 10, 20, … that is at least so large. */
function spacingOf(least: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(least)));
  return [1, 2, 5].map((factor) => factor * power).find((spacing) => spacing >= least) ?? 10 * power;
}
