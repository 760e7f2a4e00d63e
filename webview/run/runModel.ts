import type { RunMark } from '../../src/shared/run/runMark';
import type { StrengthFile } from '../../src/shared/run/strength';
import {
  CURVES,
  type CurveName,
  type CurvePatch,
  type EvalPoint,
  type LogLine,
  type RunSummary,
  type RunProblem,
  type RunNews,
  type UnitColumn,
  type UnitName,
} from '../../src/shared/webview/run';

/** Lines that a page keeps of a log. */
const MOST_LINES = 4000;

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface UnitTimes {
  readonly units: readonly UnitName[];
  readonly columns: readonly UnitColumn[];
  /** Measurements there are, of which `columns` may be some. */
  readonly total: number;
}

/** What a page knows of a run. */
export interface RunModel {
  readonly summary: RunSummary | undefined;
  readonly curves: Readonly<Record<CurveName, Curve>>;
  readonly evals: readonly EvalPoint[];
  readonly checkpoints: readonly EvalPoint[];
  /** By ascending step. */
  readonly marks: readonly RunMark[];
  readonly units: UnitTimes;
  readonly log: { readonly lines: readonly LogLine[]; readonly skipped: number };
  readonly strength: StrengthFile | null;
  readonly problems: { readonly items: readonly RunProblem[]; readonly total: number };
}

const NO_CURVE: Curve = { x: [], y: [] };

export const EMPTY_RUN: RunModel = {
  summary: undefined,
  curves: { loss: NO_CURVE, lossMeans: NO_CURVE, learningRate: NO_CURVE, tokensPerSecond: NO_CURVE },
  evals: [],
  checkpoints: [],
  marks: [],
  units: { units: [], columns: [], total: 0 },
  log: { lines: [], skipped: 0 },
  strength: null,
  problems: { items: [], total: 0 },
};

/** What a page knows after a message. What did not change is the same object as before. */
export function receive(known: RunModel, message: RunNews): RunModel {
  const before = message.type === 'snapshot' ? EMPTY_RUN : known;
  const { summary, curves, evals, checkpoints, marks, importance, log, problems, strength } = message;
  return {
    summary: summary ?? before.summary,
    curves: curves === undefined ? before.curves : patchedCurves(before.curves, curves),
    evals: evals ?? before.evals,
    checkpoints: checkpoints ?? before.checkpoints,
    marks: marks ?? before.marks,
    units: importance === undefined ? before.units : patchedUnits(before.units, importance),
    log: log === undefined ? before.log : longerLog(before.log, log),
    strength: strength === undefined ? before.strength : strength,
    problems: problems ?? before.problems,
  };
}

function patchedCurves(
  before: RunModel['curves'],
  patches: Readonly<Record<CurveName, CurvePatch>>,
): RunModel['curves'] {
  const entries = CURVES.map((name): [CurveName, Curve] => [name, patched(before[name], patches[name])]);
  return Object.fromEntries(entries) as Record<CurveName, Curve>;
}

/** The curve with everything from the patch's step on replaced. */
export function patched({ x, y }: Curve, patch: CurvePatch): Curve {
  const kept = countBefore(x, patch.from);
  return { x: [...x.slice(0, kept), ...patch.x], y: [...y.slice(0, kept), ...patch.y] };
}

function patchedUnits(before: UnitTimes, patch: NonNullable<RunNews['importance']>): UnitTimes {
  const { units, from, columns, total } = patch;
  const kept = before.columns.filter(({ step }) => step < from);
  const fits = kept.every(({ importance }) => importance.length === units.length);
  return { units, columns: [...(fits ? kept : []), ...columns], total };
}

function longerLog(before: RunModel['log'], more: NonNullable<RunNews['log']>): RunModel['log'] {
  const kept = more.skipped > 0 ? [] : before.lines;
  const lines = [...kept, ...more.lines];
  const dropped = Math.max(0, lines.length - MOST_LINES);
  return {
    lines: lines.slice(dropped),
    skipped: before.skipped + more.skipped + (before.lines.length - kept.length) + dropped,
  };
}

/** How many of the ascending steps are before `step`. */
export function countBefore(steps: readonly number[], step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] ?? Infinity) < step) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The index of the step closest to `step`; undefined where there are none. */
export function nearest(steps: readonly number[], step: number): number | undefined {
  const index = countBefore(steps, step);
  const [before, after] = [steps[index - 1], steps[index]];
  if (before === undefined || after === undefined) {
    return after !== undefined ? index : before !== undefined ? index - 1 : undefined;
  }
  return step - before < after - step ? index - 1 : index;
}
