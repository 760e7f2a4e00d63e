import type { RunMark } from '../../src/shared/run/runMark';
import { NO_CURVE, patched, refined, type Curve } from '../common/curve';
import { receivedMachine, type MachineUse } from './machineModel';
import type { ScorePoint } from '../../src/shared/run/scores';
import type { StrengthFile } from '../../src/shared/run/strength';
import type { CurvePatch } from '../../src/shared/webview/curvePatch';
import {
  CURVES,
  type AnswerRound,
  type CurveName,
  type EvalPoint,
  type LogLine,
  type RunSummary,
  type RunProblem,
  type RunNews,
  type ShownPrompt,
  type UnitColumn,
  type UnitName,
} from '../../src/shared/webview/run';

/** Lines that a page keeps of a log. */
const MOST_LINES = 4000;

export interface UnitTimes {
  readonly units: readonly UnitName[];
  readonly columns: readonly UnitColumn[];
  /** Columns there are, of which `columns` may be some, and how many of these are measurements. */
  readonly total: number;
  readonly measured: number;
}

/** What a page knows of a run. */
export interface RunModel {
  readonly summary: RunSummary | undefined;
  readonly curves: Readonly<Record<CurveName, Curve>>;
  /** The part that is zoomed to, in more detail; null where `curves` have all of it. */
  readonly detail: Readonly<Record<CurveName, CurvePatch>> | null;
  readonly evals: readonly EvalPoint[];
  readonly scores: readonly ScorePoint[];
  readonly checkpoints: readonly EvalPoint[];
  /** By ascending step. */
  readonly marks: readonly RunMark[];
  readonly units: UnitTimes;
  readonly answers: { readonly prompts: readonly ShownPrompt[]; readonly rounds: readonly AnswerRound[] };
  /** Undefined before the first sample. */
  readonly machine: MachineUse | undefined;
  readonly log: { readonly lines: readonly LogLine[]; readonly skipped: number };
  readonly strength: StrengthFile | null;
  readonly problems: { readonly items: readonly RunProblem[]; readonly total: number };
}

export const EMPTY_RUN: RunModel = {
  summary: undefined,
  curves: { loss: NO_CURVE, lossMeans: NO_CURVE, learningRate: NO_CURVE, tokensPerSecond: NO_CURVE },
  detail: null,
  evals: [],
  scores: [],
  checkpoints: [],
  marks: [],
  units: { units: [], columns: [], total: 0, measured: 0 },
  answers: { prompts: [], rounds: [] },
  machine: undefined,
  log: { lines: [], skipped: 0 },
  strength: null,
  problems: { items: [], total: 0 },
};

/** What a page knows after a message. What did not change is the same object as before. */
export function receive(known: RunModel, message: RunNews): RunModel {
  const before = message.type === 'snapshot' ? EMPTY_RUN : known;
  const {
    summary,
    curves,
    evals,
    scores,
    checkpoints,
    marks,
    importance,
    answers,
    machine,
    log,
    problems,
    strength,
  } = message;
  return {
    summary: summary ?? before.summary,
    curves: curves === undefined ? before.curves : patchedCurves(before.curves, curves),
    detail: message.detail === undefined ? before.detail : message.detail,
    evals: evals ?? before.evals,
    scores: scores ?? before.scores,
    checkpoints: checkpoints ?? before.checkpoints,
    marks: marks ?? before.marks,
    units: importance === undefined ? before.units : patchedUnits(before.units, importance),
    answers: answers === undefined ? before.answers : patchedAnswers(before.answers, answers),
    machine: machine === undefined ? before.machine : receivedMachine(before.machine, machine),
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

/** The curves with the part that is zoomed to in detail. */
export function detailedCurves({ curves, detail }: Pick<RunModel, 'curves' | 'detail'>): RunModel['curves'] {
  if (detail === null) {
    return curves;
  }
  const entries = CURVES.map((name): [CurveName, Curve] => [name, refined(curves[name], detail[name])]);
  return Object.fromEntries(entries) as Record<CurveName, Curve>;
}

function patchedUnits(before: UnitTimes, patch: NonNullable<RunNews['importance']>): UnitTimes {
  const { units, from, columns, total, measured } = patch;
  const kept = before.columns.filter(({ step }) => step < from);
  const fits = kept.every(({ importance }) => importance.length === units.length);
  return { units, columns: [...(fits ? kept : []), ...columns], total, measured };
}

function patchedAnswers(
  before: RunModel['answers'],
  { prompts, from, rounds }: NonNullable<RunNews['answers']>,
): RunModel['answers'] {
  return { prompts, rounds: [...before.rounds.filter(({ step }) => step < from), ...rounds] };
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
