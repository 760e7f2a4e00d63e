import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../shared/job';
import type { TrainerFile } from '../shared/runFolder';
import { readEvents } from './eventLog';
import { isProcessAlive } from './processAlive';
import type { RunFolder } from './runFolder';

/** Whether the process that trainer.json names still works on the run. */
export function isAlive(trainer: TrainerFile): boolean {
  return trainer.state !== 'ended' && isProcessAlive(trainer.pid, trainer.processToken);
}

export interface RunStatus {
  readonly run: string;
  /** died: its trainer is gone without having ended it. */
  readonly state: 'waiting' | 'running' | 'stopped' | 'done' | 'failed' | 'died';
  readonly step: number;
  readonly steps: number | null;
  readonly loss: number | null;
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
  readonly checkpoints: readonly number[];
  readonly pid: number | null;
  readonly error: string | null;
}

/** What a run folder says of its run. */
export function statusOf(run: RunFolder): RunStatus {
  const events = readEvents(run.file('events'));
  const last = <T extends (typeof events)[number]['type']>(
    type: T,
  ): Extract<(typeof events)[number], { type: T }> | undefined =>
    events.findLast((event): event is Extract<(typeof events)[number], { type: T }> => event.type === type);
  const trainer = run.readTrainer();
  const alive = trainer !== undefined && isAlive(trainer);
  const step = last('step');
  const evaluation = last('eval');
  const ending = events.findLast(({ type }) => type === 'done' || type === 'error' || type === 'status');
  return {
    run: run.path,
    state: alive ? 'running' : endedState(ending, trainer !== undefined, isUnfinishedJob(run)),
    step: step?.step ?? 0,
    steps: run.hasSpec() ? run.readSpec().tune.steps : null,
    loss: step?.loss ?? null,
    domainLoss: evaluation?.domainLoss ?? null,
    generalLoss: evaluation?.generalLoss ?? null,
    checkpoints: run.checkpoints(),
    pid: alive ? trainer.pid : null,
    error: ending?.type === 'error' ? ending.message : null,
  };
}

function endedState(
  ending: ReturnType<typeof readEvents>[number] | undefined,
  started: boolean,
  unfinished: boolean,
): RunStatus['state'] {
  if (ending === undefined) {
    return started ? 'died' : 'waiting';
  }
  if (ending.type === 'error') {
    return 'failed';
  }
  if (ending.type === 'done') {
    return unfinished ? 'died' : 'done';
  }
  return ending.type === 'status' && ending.status === 'stopped' ? 'stopped' : 'died';
}

/** A whole job's tuning may be done while its export is not: the report comes last. */
function isUnfinishedJob({ path }: RunFolder): boolean {
  return existsSync(join(path, JOB_FILES.job)) && !existsSync(join(path, JOB_FILES.report));
}
