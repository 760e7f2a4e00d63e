import type { EngineDescription } from '../engine/engine';
import { AdeptError, inputError } from '../../shared/errors';
import type { TrainerFile } from '../../shared/runFolder';
import { processToken } from '../../node/processAlive';
import { isAlive } from '../../node/runStatus';
import type { RunFolder } from '../../node/runFolder';

const HEARTBEAT_MILLISECONDS = 2000;

/** Says in trainer.json who works on the run and that it is alive. */
export class TrainerPresence {
  private written = 0;

  private constructor(
    private readonly run: RunFolder,
    private file: TrainerFile,
  ) {}

  /** @throws AdeptError (input) when another living trainer works on the run. */
  static claim(run: RunFolder, socket: string, engine: EngineDescription): TrainerPresence {
    const other = run.readTrainer();
    if (other && isAlive(other) && other.pid !== process.pid) {
      throw inputError(
        `${run.path} is being worked on by process ${other.pid}: stop it first with "adept stop ${run.path}".`,
      );
    }
    const now = new Date().toISOString();
    const token = processToken(process.pid);
    const presence = new TrainerPresence(run, {
      format: 'adept.trainer/1',
      pid: process.pid,
      ...(token === undefined ? {} : { processToken: token }),
      startedAt: now,
      heartbeat: now,
      socket,
      state: 'running',
      engine: { ...engine },
    });
    presence.write();
    return presence;
  }

  /** To be called between computations, which block timers. */
  beat(): void {
    if (Date.now() - this.written >= HEARTBEAT_MILLISECONDS) {
      this.file = { ...this.file, heartbeat: new Date().toISOString() };
      this.write();
    }
  }

  end(): void {
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
