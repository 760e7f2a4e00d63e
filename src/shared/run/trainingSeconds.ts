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
 * Seconds that a run spends on its steps and on refreshes of its learning rates, from the times of its events: without
 * evaluations, checkpoints and pauses, and whether or not it was resumed. What was lost by a kill does not count.
 */
export class TrainingClock {
  private milliseconds = 0;
  private since = NaN;
  /** What had been spent when the checkpoint of a step was saved. */
  private readonly saved = new Map<number, number>();

  get seconds(): number {
    return this.milliseconds / 1000;
  }

  add(event: RunEvent): void {
    const { type, time } = event;
    const isAside = type === 'progress' || type === 'log' || type === 'resources';
    if (isAside || (type === 'importance' && event.why !== undefined)) {
      // Said in the middle of something.
      return;
    }
    const now = Date.parse(time);
    if ((type === 'step' || type === 'importance') && now > this.since) {
      this.milliseconds += now - this.since;
    } else if (type === 'checkpoint') {
      this.saved.set(event.step, this.milliseconds);
    } else if (beginsTrainer(event)) {
      this.milliseconds =
        event.status === 'started' ? 0 : (this.saved.get(event.step ?? NaN) ?? this.milliseconds);
    }
    this.since = now;
  }
}

/** The same of a whole log. */
export function trainingSeconds(events: readonly RunEvent[]): number {
  const clock = new TrainingClock();
  for (const event of events) {
    clock.add(event);
  }
  return clock.seconds;
}
