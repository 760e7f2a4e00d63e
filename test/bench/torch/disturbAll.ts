import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder } from '../../../src/node/run/runFolder';
import { statusOf } from '../../../src/node/run/runStatus';
import { messageOf } from '../../../src/shared/common/errors';
import type { RunEvent } from '../../../src/shared/run/runFolder';
import { readRun } from '../../faults/runs';
import { assertSameCurve, differencesOf, type Curve } from '../../support/curve';
import { lastStep } from '../../support/watchRun';
import { disturb, type Disturbed, type Durations } from './disturb';
import { DisturbedJob, EVERY, STEPS } from './disturbedJob';
import type { Moment } from './figures';
import type { PlannedMoment } from './plannedMoments';

/** Of losses and all else that a run measures. */
const TOLERANCE = 1e-3;
const RUNS_AT_ONCE = 2;

/** The environment of a command: of one that is disturbed, or that nothing disturbs. */
export type EnvironmentOf = (planned?: PlannedMoment) => Readonly<Record<string, string>>;

/**
 * Disturbs runs as planned, each again after it has gone on, and lets it come to its end.
 * @param folder is filled
 */
export async function disturbAll(
  folder: string,
  runs: readonly (readonly PlannedMoment[])[],
  onMoment: (moment: Moment) => void,
  envOf: EnvironmentOf = () => ({}),
): Promise<Moment[]> {
  const undisturbed = new DisturbedJob(folder, 'undisturbed', envOf());
  await undisturbed.finish(1);
  const expected = undisturbed.curve;
  const durations = durationsOf(undisturbed.events);
  const all: Moment[][] = [];
  const waiting = [...runs.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, run] = next;
      const job = new DisturbedJob(folder, `run-${index}`, envOf());
      all[index] = await disturbRun({ job, expected, durations, onMoment, envOf }, run);
    }
  };
  // Most of the time goes into waiting for what gives no sign of life.
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, work));
  return all.flat();
}

interface Compared {
  readonly job: DisturbedJob;
  readonly expected: Curve;
  readonly durations: Durations;
  readonly onMoment: (moment: Moment) => void;
  readonly envOf: EnvironmentOf;
}

async function disturbRun(compared: Compared, planned: readonly PlannedMoment[]): Promise<Moment[]> {
  const { job, expected, durations, onMoment, envOf } = compared;
  const moments: (Moment & { problems: string[] })[] = [];
  const parts = planned.filter(({ phase }) => phase !== 'start' && phase !== 'analysis');
  try {
    for (const next of planned) {
      const disturbed = await disturb(job, next, Math.max(0, parts.indexOf(next)), durations, envOf(next));
      moments.push({ ...disturbed.moment, problems: problemsOf(compared, disturbed) });
    }
    await job.finish(planned.at(-1)?.ranks ?? 1);
    assertWhole(job, expected);
  } catch (error) {
    // What comes after a moment shows what it left behind.
    moments.at(-1)?.problems.push(`afterwards: ${messageOf(error)}`);
    if (moments.length === 0) {
      throw error;
    }
  }
  moments.forEach(onMoment);
  return moments;
}

/** What is not as it has to be when all has ended. */
function problemsOf({ job, expected }: Compared, disturbed: Disturbed): string[] {
  const { ended, left, moment } = disturbed;
  const { phase, rank, what } = moment;
  const { state } = statusOf(RunFolder.at(job.run));
  const told = what === 'kill the trainer' || tells(disturbed);
  return [
    ...(left > 0 ? [`${left} processes were left`] : []),
    ...(ended.status === 0 ? ['the command succeeded'] : []),
    ...(told ? [] : [`it does not name rank ${String(rank)} and what became of it`]),
    ...(phase === 'start' || rank === null || ended.stderr.includes('can be resumed')
      ? []
      : ['it does not say that the run can be resumed']),
    ...(state === 'running' ? ['the run is said to be running'] : []),
    ...halves(job),
    ...differencesOf(job.curve, expected, TOLERANCE),
  ];
}

/** Whether the command's end names the rank, and what happened. */
function tells({ ended, moment: { rank, what } }: Disturbed): boolean {
  const last = ended.stderr.trim().split('\n').at(-1) ?? '';
  const cause = what === 'stop a rank' ? /sign of life|stopped/ : /died|killed|signal 9/;
  return new RegExp(`\\brank ${String(rank)}\\b`, 'i').test(last) && cause.test(last);
}

/** What of the run's folder is not whole, or was due and is not there. */
function halves({ run }: DisturbedJob): string[] {
  if (!existsSync(join(run, 'run.json'))) {
    return [];
  }
  try {
    const { checkpoints } = readRun(run);
    const due = EVERY * Math.floor(Math.max(0, lastStep(run) - 1) / EVERY);
    return (checkpoints.at(-1) ?? 0) >= due ? [] : [`the checkpoint of step ${due} is not there`];
  } catch (error) {
    return [`what is in the run folder is not whole: ${messageOf(error)}`];
  }
}

function assertWhole(job: DisturbedJob, expected: Curve): void {
  assertSameCurve(job.curve, expected, TOLERANCE);
  const { checkpoints } = readRun(job.run);
  assert.deepEqual(
    checkpoints,
    Array.from({ length: STEPS / EVERY }, (_, index) => EVERY * (index + 1)),
  );
  const names = readdirSync(job.run, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    names.filter((name) => /(^|\/)\./.test(name)),
    [],
    'nothing half made is left',
  );
}

function durationsOf(events: readonly RunEvent[]): Durations {
  const timeOf = (status: string): number =>
    Date.parse(events.find((event) => event.type === 'status' && event.status === status)?.time ?? '');
  const steps = events.filter((event) => event.type === 'step');
  const evaluations = events.flatMap((event) => (event.type === 'eval' ? [event.seconds * 1000] : []));
  const tokens = 6 * 64;
  return {
    analysis: timeOf('expanding') - timeOf('analyzing'),
    step: (1000 * tokens) / (steps.at(-1)?.tokensPerSecond ?? NaN),
    evaluation: Math.max(...evaluations),
  };
}
