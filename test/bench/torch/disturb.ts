import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { checkpointName } from '../../../src/shared/run/runFolder';
import type { Ended, Running } from '../../support/command';
import { hasEvent, lastStep, until } from '../../support/watchRun';
import { EVERY, PART_STEPS, type DisturbedJob } from './disturbedJob';
import type { Moment } from './figures';
import { MarkedProcesses } from './markedProcesses';
import type { PlannedMoment } from './plannedMoments';
import { saidOf } from './said';

/** What takes longer is ended, and told. */
const LONGEST_MILLISECONDS = 120_000;
/** From when a rank's process is there until about when all have greeted each other. */
const START_MILLISECONDS = 6000;
/** To look is to read the environment of every process. */
const POLL_MILLISECONDS = 100;

/** How long things take where nothing happens, ms. */
export interface Durations {
  readonly analysis: number;
  readonly step: number;
  readonly evaluation: number;
}

/** What came of one moment; what is wrong with it is judged elsewhere. */
export interface Disturbed {
  readonly moment: Omit<Moment, 'problems'>;
  readonly ended: Ended;
  /** Processes that had to be ended in the end. */
  readonly left: number;
}

/**
 * Starts a job or goes on with it, and lets happen what is planned.
 * @param part the part of its steps that a later moment falls into, from 0
 * @param env of the command
 * @throws Error when it ends before, with what it said
 */
export async function disturb(
  job: DisturbedJob,
  planned: PlannedMoment,
  part: number,
  durations: Durations,
  env: Readonly<Record<string, string>>,
): Promise<Disturbed> {
  const processes = new MarkedProcesses();
  const running = job.start(planned.ranks, { ...env, ...processes.env });
  const victim = (): number | undefined =>
    planned.rank === null ? running.child.pid : processes.rank(planned.rank);
  const there = await arrive({ job, running, planned, part, durations, victim });
  const pid = victim();
  if (!there || pid === undefined) {
    const { stderr } = await running.ended;
    throw new Error(`it ended before its moment: ${saidOf(stderr)}`);
  }
  process.kill(pid, planned.what === 'stop a rank' ? 'SIGSTOP' : 'SIGKILL');
  const begin = performance.now();
  const step = lastStep(job.run);
  const left = await allEnded(processes, begin);
  const seconds = (performance.now() - begin) / 1000;
  const ended = await running.ended;
  const { what, ranks, rank, phase } = planned;
  const said = rank === null ? '' : saidOf(ended.stderr);
  return { moment: { what, ranks, rank, phase, step, seconds, said }, ended, left };
}

/** @returns how many had to be ended */
async function allEnded(processes: MarkedProcesses, begin: number): Promise<number> {
  for (let alive = processes.alive(); alive.length > 0; alive = processes.alive()) {
    if (performance.now() - begin > LONGEST_MILLISECONDS) {
      for (const pid of alive) {
        process.kill(pid, 'SIGKILL');
      }
      return alive.length;
    }
    await setTimeout(POLL_MILLISECONDS);
  }
  return 0;
}

interface Awaited {
  readonly job: DisturbedJob;
  readonly running: Running;
  readonly planned: PlannedMoment;
  readonly part: number;
  readonly durations: Durations;
  readonly victim: () => number | undefined;
}

/** Waits for the moment. @returns false when the command ended first */
async function arrive(awaited: Awaited): Promise<boolean> {
  const { job, running, planned, part, durations, victim } = awaited;
  const { which, share, phase } = planned;
  if (!(await until(running, () => victim() !== undefined, POLL_MILLISECONDS))) {
    return false;
  }
  const first = part * PART_STEPS;
  switch (phase) {
    case 'start':
      await setTimeout(share * START_MILLISECONDS);
      return true;
    case 'analysis': {
      const begun = await until(running, () => hasEvent(job.run, '"analyzing"'));
      await setTimeout(share * durations.analysis);
      return begun;
    }
    case 'tuning': {
      const step = first + 1 + Math.floor(which * (PART_STEPS - 1));
      const done = await until(running, () => lastStep(job.run) >= step);
      await setTimeout(share * durations.step);
      return done;
    }
    case 'evaluation': {
      const done = await until(running, () => lastStep(job.run) >= first + chosenEvery(which));
      await setTimeout(share * durations.evaluation);
      return done;
    }
    case 'checkpoint':
      return writes(awaited, first + chosenEvery(which));
  }
}

/** The first or the second checkpoint of a part. */
function chosenEvery(which: number): number {
  return which < 0.5 ? EVERY : 2 * EVERY;
}

/** Waits until a checkpoint begins to be written. */
async function writes({ job, running }: Awaited, step: number): Promise<boolean> {
  const folder = join(job.run, 'checkpoints');
  if (!(await until(running, () => existsSync(folder)))) {
    return false;
  }
  const abort = new AbortController();
  const begun = new Promise<boolean>((resolve) => {
    watch(folder, { signal: abort.signal }, (_, name) => {
      if (name?.startsWith(`.${checkpointName(step)}`) === true) {
        resolve(true);
      }
    });
  });
  const ended = running.ended.then(() => false);
  const result = await Promise.race([begun, ended]);
  abort.abort();
  return result;
}
