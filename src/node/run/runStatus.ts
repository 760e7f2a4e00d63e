import { join } from 'node:path';
import { parseWith } from '../../shared/common/parse';
import type { RunState } from '../../shared/run/runState';
import {
  CHECKPOINT_FILES,
  CheckpointState,
  checkpointName,
  type RunEvent,
  type TrainerFile,
} from '../../shared/run/runFolder';
import { readJob } from '../job/jobFile';
import { readJson } from '../files/jsonFile';
import type { RunFolder } from './runFolder';
import { isAlive, isEarlier, isUnfinishedJob, runStateOf, silentSeconds } from './runState';
import { hasLowerLoss, type LastEvents, TailReader } from './tailReader';

/** A stage of a run, as its status events name it. */
export type RunStage = Exclude<
  Extract<RunEvent, { type: 'status' }>['status'],
  'started' | 'resumed' | 'paused' | 'stopped'
>;

/** Losses at a step, nats per token. */
export interface Losses {
  readonly step: number;
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
}

export interface RunStatus {
  readonly run: string;
  readonly state: RunState;
  /** For how long a living trainer has sent no heartbeat, where that is long. */
  readonly silentSeconds: number | null;
  /** What a living trainer is doing. */
  readonly stage: RunStage | null;
  /** What it does that may take long, and how far that is: `fraction` from 0 to 1. Null between two steps. */
  readonly progress: { readonly stage: string; readonly fraction: number; readonly message: string } | null;
  readonly step: number;
  readonly steps: number | null;
  readonly loss: number | null;
  /** Of the last evaluation, as `generalLoss`. */
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
  /** The evaluation before the first step. */
  readonly before: Losses | null;
  /** The lowest domain loss of a checkpoint or an evaluation near the log's end. */
  readonly best: Losses | null;
  readonly checkpoints: readonly number[];
  readonly pid: number | null;
  readonly error: string | null;
  /** Why it stopped, where nobody asked for it. */
  readonly because: string | null;
  readonly createdAt: string | null;
  /** Of the last event. */
  readonly updatedAt: string | null;
}

/** What a run folder says of its run. @throws AdeptError (input) naming the file that is damaged. */
export function statusOf(run: RunFolder): RunStatus {
  return new RunStatusReader(run).read().status;
}

/** Reads a run's status again and again, each time only what is new. */
export class RunStatusReader {
  private readonly log: TailReader;
  private readonly checkpointLosses = new Map<number, Losses | undefined>();

  constructor(private readonly run: RunFolder) {
    this.log = new TailReader(run.file('events'));
  }

  /**
   * @returns the status, and the events since the last call (none the first time)
   * @throws AdeptError (input) naming the file that is damaged.
   */
  read(): { readonly status: RunStatus; readonly events: readonly RunEvent[] } {
    // Before the log: what a trainer wrote before it ended is then read.
    const trainer = this.run.readTrainer();
    const alive = trainer !== undefined && isAlive(trainer);
    const events = this.log.update();
    const { before } = this.log;
    const { createdAt, steps } = this.plan();
    const checkpoints = this.run.checkpoints();
    const last = alive ? saidBy(trainer, this.log.last) : this.log.last;
    const terminalEvent = terminalEventOf(last);
    const end = alive ? undefined : terminalEvent;
    const status: RunStatus = {
      run: this.run.path,
      state: runStateOf({
        isAlive: trainer === undefined ? undefined : alive,
        terminalEvent,
        lastStep: last.step,
        isUnfinishedJob: isUnfinishedJob(this.run.path),
      }),
      silentSeconds: alive ? silentSeconds(trainer, Date.now()) : null,
      stage: alive ? stageOf(last) : null,
      progress: alive ? progressOf(last) : null,
      // Of a process before the living one, what was saved is still true.
      step: last.step?.step ?? (this.log.last.step === undefined ? 0 : (checkpoints.at(-1) ?? 0)),
      steps,
      loss: this.log.last.step?.loss ?? null,
      domainLoss: this.log.last.eval?.domainLoss ?? null,
      generalLoss: this.log.last.eval?.generalLoss ?? null,
      before: before === undefined ? null : lossesOf(before),
      best: this.best(last.best, checkpoints),
      checkpoints,
      pid: alive ? trainer.pid : null,
      error: end?.type === 'error' ? end.message : null,
      because: end?.type === 'status' && end.status === 'stopped' ? (end.message ?? null) : null,
      createdAt,
      updatedAt: last.any?.time ?? null,
    };
    return { status, events };
  }

  private plan(): { createdAt: string | null; steps: number | null } {
    const job = readJob(this.run.path);
    if (job !== undefined) {
      return { createdAt: job.createdAt, steps: job.config.tune.steps };
    }
    const spec = this.run.hasSpec() ? this.run.readSpec() : undefined;
    return { createdAt: spec?.createdAt ?? null, steps: spec?.tune.steps ?? null };
  }

  private best(
    evaluation: Extract<RunEvent, { type: 'eval' }> | undefined,
    checkpoints: readonly number[],
  ): Losses | null {
    let best = evaluation === undefined ? null : lossesOf(evaluation);
    for (const step of checkpoints) {
      const losses = this.lossesOfCheckpoint(step);
      if (losses !== undefined && hasLowerLoss(losses, best)) {
        best = losses;
      }
    }
    return best;
  }

  /** A checkpoint never changes, so it is read once. */
  private lossesOfCheckpoint(step: number): Losses | undefined {
    if (!this.checkpointLosses.has(step)) {
      this.checkpointLosses.set(step, this.readCheckpoint(step));
    }
    return this.checkpointLosses.get(step);
  }

  private readCheckpoint(step: number): Losses | undefined {
    const file = join(this.run.file('checkpoints'), checkpointName(step), CHECKPOINT_FILES.state);
    try {
      return lossesOf(parseWith(CheckpointState, readJson(file), file));
    } catch {
      // A damaged checkpoint, or one deleted at this moment, says nothing of the run's other losses; whoever opens or
      // resumes it is told.
      return undefined;
    }
  }
}

/** What the living process said of where it stands, without what one before it said. */
function saidBy(trainer: TrainerFile, last: LastEvents): LastEvents {
  const { step, status, progress, error, done, ...others } = last;
  return {
    ...others,
    ...(step === undefined || isEarlier(step.time, trainer) ? {} : { step }),
    ...(status === undefined || isEarlier(status.time, trainer) ? {} : { status }),
    ...(progress === undefined || isEarlier(progress.time, trainer) ? {} : { progress }),
    ...(error === undefined || isEarlier(error.time, trainer) ? {} : { error }),
    ...(done === undefined || isEarlier(done.time, trainer) ? {} : { done }),
  };
}

function lossesOf({ step, domainLoss, generalLoss }: Losses): Losses {
  return { step, domainLoss, generalLoss };
}

/** The last event that can be a run's terminal event. */
function terminalEventOf({ status, error, done }: LastEvents): LastEvents['status' | 'error' | 'done'] {
  return [status, error, done].reduce(
    (a, b) => (b !== undefined && b.seq > (a?.seq ?? -1) ? b : a),
    undefined,
  );
}

function stageOf({ status, step }: LastEvents): RunStage | null {
  if (status === undefined || (step !== undefined && step.seq > status.seq)) {
    return step === undefined ? null : 'tuning';
  }
  switch (status.status) {
    case 'started':
    case 'resumed':
    case 'paused':
    case 'tuning':
      return 'tuning';
    case 'reading':
    case 'analyzing':
    case 'expanding':
    case 'evaluating':
    case 'exporting':
      return status.status;
    case 'stopped':
      return null;
  }
}

function progressOf({ progress, status, step }: LastEvents): RunStatus['progress'] {
  const current = progress !== undefined && progress.seq > Math.max(status?.seq ?? -1, step?.seq ?? -1);
  return current ? { stage: progress.stage, fraction: progress.fraction, message: progress.message } : null;
}
