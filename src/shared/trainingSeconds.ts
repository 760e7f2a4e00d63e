import type { RunEvent } from './runFolder';

/**
 * Seconds that a run spent on its steps and on refreshes of its learning rates, from the times of its events: without
 * evaluations, checkpoints and pauses, and whether or not it was resumed. What was lost by a kill does not count.
 */
export function trainingSeconds(events: readonly RunEvent[]): number {
  let [milliseconds, since] = [0, NaN];
  for (const { type, time } of events) {
    if (type === 'progress' || type === 'log') {
      // Said in the middle of something.
      continue;
    }
    const now = Date.parse(time);
    if ((type === 'step' || type === 'importance') && now > since) {
      milliseconds += now - since;
    }
    since = now;
  }
  return milliseconds / 1000;
}
