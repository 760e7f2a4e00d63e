import type { Clock } from '../../src/node/runPage/throttle';

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** A clock that goes only when it is told to. */
export class FakeClock implements Clock {
  private time = 0;
  private timers: Timer[] = [];

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { due: this.time + milliseconds, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets the time pass, running each timer when it is due. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const [next] = this.timers.filter(({ due }) => due <= end).sort((left, right) => left.due - right.due);
      if (next === undefined) {
        break;
      }
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.due);
      next.run();
    }
    this.time = end;
  }
}
