export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;

/** Distances of ticks that are read easily, seconds. */
const SPACINGS = [1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE]
  .concat([1, 2, 3, 6, 12].map((hours) => hours * HOUR))
  .concat([1, 2, 5, 10, 20, 50, 100, 200, 500].map((days) => days * DAY));

/** Ticks of an axis of seconds, at most `most` of them. */
export function timeTicks(first: number, last: number, most: number): number[] {
  const spacing = SPACINGS.find((seconds) => (last - first) / seconds <= most) ?? DAY * 1000;
  const ticks: number[] = [];
  for (let tick = Math.ceil(first / spacing) * spacing; tick <= last; tick += spacing) {
    ticks.push(tick);
  }
  return ticks;
}
