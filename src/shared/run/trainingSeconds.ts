import type { RunEvent } from './runFolder';

/** A trainer that begins says what it computes on; one that takes its run back to a checkpoint does not. */
function beginsTrainer(event: RunEvent): event is RunEvent & { type: 'status' } {
  return (
    event.type === 'status' &&
    (event.status === 'started' || event.status === 'resumed') &&
    event.engine !== undefined
  );
}

/**
 * Seconds that a run spent on its steps and on refreshes of its learning rates, from the times of its events: without
 * evaluations, checkpoints and pauses, and whether or not it was resumed. What was lost by a kill does not count.
 */
export function trainingSeconds(events: readonly RunEvent[]): number {
  let [milliseconds, since] = [0, NaN];
  /** What had been spent when the checkpoint of a step was saved. */
  const saved = new Map<number, number>();
  for (const event of events) {
    const { type, time } = event;
    const isAside = type === 'progress' || type === 'log' || type === 'resources';
    if (isAside || (type === 'importance' && event.why !== undefined)) {
      // Said in the middle of something.
      continue;
    }
    const now = Date.parse(time);
    if ((type === 'step' || type === 'importance') && now > since) {
      milliseconds += now - since;
    } else if (type === 'checkpoint') {
      saved.set(event.step, milliseconds);
    } else if (beginsTrainer(event)) {
      milliseconds = event.status === 'started' ? 0 : (saved.get(event.step ?? NaN) ?? milliseconds);
    }
    since = now;
  }
  return milliseconds / 1000;
}
