import { basename } from 'node:path';
import type { RunStatus } from '../../node/run/runStatus';
import type { RunState } from '../../shared/run/runState';
import type { Exit } from '../process/detachedChild';

/** The process that was started to work on a run, while the run folder does not yet speak for it. */
export interface Launch {
  readonly pid: number;
  readonly processToken?: string | undefined;
  readonly startedAt: string;
  /** How it ended, where this host saw it. */
  readonly exit?: Exit;
  /** Why it ended before it could work on the run. */
  readonly failure?: string;
}

/** starting: its process runs and has not written to the run folder yet. unreadable: see `problem`. */
export type EntryState = RunState | 'starting' | 'unreadable';

/** A run as lists show it. */
export interface RunEntry {
  readonly path: string;
  readonly state: EntryState;
  readonly status?: RunStatus;
  /** Why the folder cannot be read, or why the run did not start, with file and what to do. */
  readonly problem?: string;
  readonly launch?: Launch;
  /** What its trainer has granted, and does after what it is at. */
  readonly asked?: Asked;
}

/** What a trainer does as soon as it can, and not at once. */
export type Asked = 'pause' | 'stop';

export function nameOf(run: Pick<RunEntry, 'path'>): string {
  return basename(run.path);
}

/** Whether a process works on it. */
export function isLive({ state }: Pick<RunEntry, 'state'>): boolean {
  return state === 'starting' || state === 'running' || state === 'paused';
}

/** Whether `adept resume` can go on with it. */
export function isResumable(run: RunEntry): boolean {
  const { state } = run;
  return (
    (state === 'stopped' || state === 'failed' || state === 'died' || state === 'waiting') &&
    !hasNotStarted(run)
  );
}

/** Whether its process ended before it made the run: there is nothing that could be gone on with. */
export function hasNotStarted({ launch, status }: RunEntry): boolean {
  return launch?.failure !== undefined && (status?.createdAt ?? null) === null;
}

/** The log of a run's processes: beside the run, whose folder must be empty when it starts. */
export function runLogFile(run: string): string {
  return `${run}.log`;
}

/** What became of a run that was alive. notStarted: its process ended before it came to the run. */
export type Ending = 'done' | 'stopped' | 'failed' | 'died' | 'notStarted' | 'unreadable';

export function endingOf({ state, status, launch }: RunEntry): Ending {
  if (state === 'unreadable' || status === undefined) {
    return 'unreadable';
  }
  // ISO times sort as texts.
  if (launch !== undefined && (status.updatedAt ?? '') < launch.startedAt) {
    return 'notStarted';
  }
  const { state: ended } = status;
  return ended === 'done' || ended === 'stopped' || ended === 'failed' ? ended : 'died';
}
