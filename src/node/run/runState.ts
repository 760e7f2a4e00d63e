import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../shared/run/job';
import type { RunEvent, TrainerFile } from '../../shared/run/runFolder';
import type { RunState } from '../../shared/run/runState';
import { isProcessAlive } from '../process/processAlive';

/** A trainer that lives and has said nothing for so long computes something very large, or hangs. */
const SILENT_SECONDS = 120;

/** What can be the terminal event of a run: it ended, or this is what it was doing. */
export type TerminalEvent = Extract<RunEvent, { type: 'status' | 'done' | 'error' }>;

/** All that the state of a run follows from. */
export interface RunEvidence {
  /** Whether its trainer lived before anything else was read; undefined when none ever worked on the run. */
  readonly isAlive: boolean | undefined;
  readonly terminalEvent: TerminalEvent | undefined;
  /** The last step, where one was taken. */
  readonly lastStep: { readonly seq: number } | undefined;
  /** See {@link isUnfinishedJob}. */
  readonly isUnfinishedJob: boolean;
}

/** What became of a run: from its trainer, and from the last events of its log. */
export function runStateOf({ isAlive, terminalEvent, lastStep, isUnfinishedJob }: RunEvidence): RunState {
  const status = terminalEvent?.type === 'status' ? terminalEvent.status : undefined;
  if (isAlive === true) {
    const steppedSince = (lastStep?.seq ?? -1) > (terminalEvent?.seq ?? -1);
    return status === 'paused' && !steppedSince ? 'paused' : 'running';
  }
  switch (terminalEvent?.type) {
    case undefined:
      return isAlive === undefined ? 'waiting' : 'died';
    case 'error':
      return 'failed';
    case 'done':
      return isUnfinishedJob ? 'died' : 'done';
    case 'status':
      return status === 'stopped' ? 'stopped' : 'died';
  }
}

/** Whether the process that trainer.json names still works on the run. */
export function isAlive(trainer: TrainerFile): boolean {
  return trainer.state !== 'ended' && isProcessAlive(trainer.pid, trainer.processToken);
}

/** Whether what was heard at a time comes from a process before this one: it says nothing of what this one does. */
export function isEarlier(time: string | undefined, trainer: TrainerFile | undefined): boolean {
  return trainer !== undefined && time !== undefined && Date.parse(time) < Date.parse(trainer.startedAt);
}

/**
 * For how many seconds a living trainer has sent no heartbeat, in whole minutes, so that it is seldom news; null while that is
 * no cause for concern, and where the clocks of two machines disagree.
 */
export function silentSeconds(trainer: TrainerFile, now: number): number | null {
  const seconds = (now - Date.parse(trainer.heartbeat)) / 1000;
  return seconds >= SILENT_SECONDS ? Math.floor(seconds / 60) * 60 : null;
}

/** A whole job's tuning may be done while its export is not: the report comes last. */
export function isUnfinishedJob(run: string): boolean {
  return existsSync(join(run, JOB_FILES.job)) && !existsSync(join(run, JOB_FILES.report));
}
