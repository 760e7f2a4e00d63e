/** The clock that a throttle goes by. */
export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** @returns what stops the timer */
  after(milliseconds: number, run: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};

/**
 * Turns any number of requests to send into sends that are at least `interval` milliseconds apart: at once when the last one
 * is long enough ago, otherwise as soon as it is. Nothing is sent while it is closed; opening it sends what was asked for.
 */
export class Throttle {
  private lastSend = -Infinity;
  private isRequested = false;
  private isOpen = false;
  private stopTimer: (() => void) | undefined;

  constructor(
    private readonly send: () => void,
    private readonly interval = 100,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {}

  open(): void {
    this.isOpen = true;
    this.serve();
  }

  close(): void {
    this.isOpen = false;
    this.stopTimer?.();
    this.stopTimer = undefined;
  }

  request(): void {
    this.isRequested = true;
    this.serve();
  }

  private serve(): void {
    if (!this.isOpen || !this.isRequested || this.stopTimer !== undefined) {
      return;
    }
    const wait = this.lastSend + this.interval - this.clock.now();
    if (wait > 0) {
      this.stopTimer = this.clock.after(wait, () => {
        this.stopTimer = undefined;
        this.serve();
      });
      return;
    }
    this.isRequested = false;
    this.lastSend = this.clock.now();
    this.send();
  }
}
