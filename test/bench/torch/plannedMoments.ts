import { seededRandom } from '../../../src/shared/common/random';
import type { Moment } from './figures';

/** What is to happen, and when. */
export interface PlannedMoment extends Pick<Moment, 'what' | 'ranks' | 'rank' | 'phase'> {
  /** Of the steps of its part of the run which: a step, an evaluation or a checkpoint; from 0 to 1. */
  readonly which: number;
  /** How far into it, from 0 to 1. */
  readonly share: number;
}

const KINDS = ['kill a rank', 'stop a rank', 'kill the trainer'] as const;
const LATER_PHASES = ['tuning', 'evaluation', 'checkpoint'] as const;
const PHASES = ['start', 'analysis', ...LATER_PHASES] as const;

/**
 * Runs to be disturbed, each at up to five moments one after the other: at its start, while it analyzes, and thrice later. Of three runs
 * each phase sees every kind once.
 */
export function plannedRuns(moments: number, seed: number): PlannedMoment[][] {
  const random = seededRandom(seed);
  const first = Math.floor(random() * KINDS.length);
  const runs: PlannedMoment[][] = [];
  for (let left = moments; left > 0; left -= runs.at(-1)?.length ?? 0) {
    const later = shuffled(LATER_PHASES, random);
    // A few moments are worth more in the middle of a run.
    const phases = moments < PHASES.length ? later : (['start', 'analysis', ...later] as const);
    const run = phases.slice(0, left).map((phase): PlannedMoment => {
      const what = KINDS[(first + runs.length + PHASES.indexOf(phase)) % KINDS.length] ?? 'kill a rank';
      const ranks = random() < 0.5 ? 2 : 3;
      const rank = what === 'kill the trainer' ? null : Math.floor(random() * ranks);
      return { what, ranks, rank, phase, which: random(), share: random() };
    });
    runs.push(run);
  }
  return runs;
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
