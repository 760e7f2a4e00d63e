import type { ExecutorDescription } from '../../executor/executor';
import { AdeptError } from '../../../shared/common/errors';
import type { TrainerFile } from '../../../shared/run/runFolder';
import { processToken } from '../../../node/process/processAlive';
import type { RunFolder } from '../../../node/run/runFolder';
import { claimRun } from './runClaim';

const HEARTBEAT_MILLISECONDS = 2000;

/** Says in trainer.json who works on the run and that it is alive. */
export class TrainerHeartbeat {
  private written = Date.now();
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly run: RunFolder,
    private file: TrainerFile,
  ) {
    // While a computation elsewhere is waited for, nothing else calls.
    this.timer = setInterval(() => {
      this.refreshIfPossible();
    }, HEARTBEAT_MILLISECONDS / 2);
    this.timer.unref();
  }

  /** @throws AdeptError (input) when another living trainer works on the run. */
  static claim(run: RunFolder, socket: string, engine: ExecutorDescription): TrainerHeartbeat {
    const now = new Date().toISOString();
    const token = processToken(process.pid);
    const file: TrainerFile = {
      format: 'adept.trainer/1',
      pid: process.pid,
      ...(token === undefined ? {} : { processToken: token }),
      startedAt: now,
      heartbeat: now,
      socket,
      state: 'running',
      engine: { ...engine },
    };
    claimRun(run, file);
    return new TrainerHeartbeat(run, file);
  }

  /**
   * To be called between computations, which block timers.
   * @throws AdeptError (input) when the file cannot be written
   */
  refresh(): void {
    if (Date.now() - this.written >= HEARTBEAT_MILLISECONDS) {
      this.file = { ...this.file, heartbeat: new Date().toISOString() };
      this.write();
    }
  }

  /** A file that cannot be written is told by the next {@link refresh}, which tries again: a timer has nobody to tell. */
  private refreshIfPossible(): void {
    try {
      this.refresh();
    } catch (error) {
      if (!(error instanceof AdeptError)) {
        throw error;
      }
    }
  }

  end(): void {
    clearInterval(this.timer);
    this.file = { ...this.file, heartbeat: new Date().toISOString(), socket: null, state: 'ended' };
    try {
      this.write();
    } catch (error) {
      // Where the disk is full the run has ended with that error, and the old file is seen to be a dead process's.
      if (!(error instanceof AdeptError)) {
        throw error;
      }
    }
  }

  private write(): void {
    this.run.writeTrainer(this.file);
    this.written = Date.now();
  }
}
