import type { TrainerStatus } from '../../../shared/run/protocol';
import type { ControlHandlers } from './controlServer';

// While paused nothing but the control socket is open, which does not keep the process alive: this timer does.
const PAUSED_INTERVAL_MILLISECONDS = 1000;

/** What people asked of a run while it computed; it is served between two steps. */
export class ControlRequests {
  stop = false;
  pause = false;
  checkpoint = false;
  learningRate: number | undefined;
  private wake: () => void = () => undefined;
  private readonly stopping = new AbortController();

  /** Aborted by the request to stop, for what can be left at once. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** What the control socket answers: the request is noted, and the status is that of the moment. */
  handlers(status: () => TrainerStatus): ControlHandlers {
    const noting =
      (note: () => void): (() => TrainerStatus) =>
      () => {
        note();
        this.wake();
        return status();
      };
    return {
      status,
      pause: noting(() => (this.pause = true)),
      resume: noting(() => (this.pause = false)),
      stop: noting(() => {
        this.requestStop();
      }),
      checkpoint: noting(() => (this.checkpoint = true)),
      setLearningRate: ({ value }) => {
        this.learningRate = value;
        this.wake();
        return status();
      },
    };
  }

  requestStop(): void {
    this.stop = true;
    this.stopping.abort();
    this.pause = false;
    this.wake();
  }

  /** Resolves at the next request, or after a second. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSED_INTERVAL_MILLISECONDS);
      this.wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
