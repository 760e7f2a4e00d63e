import type { StrengthFile } from '../../shared/run/strength';
import type {
  EvalPoint,
  RunSummary,
  RunProblem,
  RunUpdate,
  RunNews,
  ShownPrompt,
} from '../../shared/webview/run';
import type { RunHistory } from '../run/runHistory';

/** Evaluations and checkpoints that are sent at most, about. */
const MOST_POINTS = 2000;

/** What there is to show of a run. */
export interface RunSnapshot {
  readonly summary: RunSummary;
  readonly history: RunHistory;
  /** Of the history: another one means that the old history's series say nothing any more. */
  readonly generation: number;
  /** Problems with other files than the log. */
  readonly problems: readonly RunProblem[];
  readonly strength: StrengthFile | undefined;
  /** What the model is asked. */
  readonly prompts: readonly ShownPrompt[];
  /** First and last step that the page shows; null: all. */
  readonly zoom?: readonly [number, number] | null;
}

interface Sent {
  readonly generation: number;
  readonly summary: string;
  readonly changes: RunHistory['changes'];
  readonly lastUnits: number;
  readonly lastAnswers: number;
  readonly prompts: number;
  readonly logLines: number;
  readonly problems: string;
  readonly strength: string;
  /** What the detail depends on. */
  readonly detail: string;
}

/** Finds out what a page that shows a run has not been told yet. */
export class RunFeed {
  private sent: Sent | undefined;

  /** The page knows nothing any more: the next message is a snapshot. */
  reset(): void {
    this.sent = undefined;
  }

  /** The message that brings the page up to date; undefined when it is. */
  next(snapshot: RunSnapshot): RunNews | undefined {
    const { generation, history } = snapshot;
    const sent = this.sent?.generation === generation ? this.sent : undefined;
    const problems = {
      items: [...snapshot.problems, ...history.problems.items],
      total: snapshot.problems.length + history.problems.total,
    };
    const now: Sent = {
      generation,
      summary: JSON.stringify(snapshot.summary),
      changes: { ...history.changes },
      lastUnits: history.units.lastStep,
      lastAnswers: history.answers.lastStep,
      prompts: snapshot.prompts.length,
      logLines: history.log.count,
      problems: JSON.stringify(problems),
      strength: JSON.stringify(snapshot.strength ?? null),
      detail: detailKey(snapshot),
    };
    this.sent = now;
    const update: RunUpdate = {
      ...(sent?.summary === now.summary ? {} : { summary: snapshot.summary }),
      ...seriesUpdate(history, sent, now),
      ...answersUpdate(snapshot, sent, now),
      ...((sent?.detail ?? NO_DETAIL) === now.detail ? {} : { detail: detail(snapshot) }),
      ...(sent?.logLines === now.logLines ? {} : { log: logSince(history, sent?.logLines ?? 0) }),
      ...(sent?.problems === now.problems ? {} : { problems }),
      ...(sent?.strength === now.strength ? {} : { strength: snapshot.strength ?? null }),
    };
    if (sent === undefined) {
      return { type: 'snapshot', ...update };
    }
    return Object.keys(update).length === 0 ? undefined : { type: 'update', ...update };
  }
}

function seriesUpdate(history: RunHistory, sent: Sent | undefined, now: Sent): RunUpdate {
  const goesOn = sent?.changes.cuts === now.changes.cuts;
  const isSame = (series: keyof RunHistory['changes']): boolean =>
    goesOn && sent.changes[series] === now.changes[series];
  return {
    ...(isSame('steps') ? {} : { curves: curves(history, sent === undefined) }),
    ...(isSame('evals') ? {} : { evals: [...thinned(history.evals)] }),
    ...(isSame('scores') ? {} : scoresUpdate(history, sent)),
    ...(isSame('checkpoints') ? {} : { checkpoints: [...thinned(history.checkpoints)] }),
    ...machineNews(history, sent, now),
    ...(isSame('marks') ? {} : { marks: [...history.marks.shown] }),
    ...(isSame('units') ? {} : { importance: history.units.since(goesOn ? sent.lastUnits : 0) }),
  };
}

/** Of a run without tasks nothing is said. */
function scoresUpdate({ scores }: RunHistory, sent: Sent | undefined): RunUpdate {
  return sent === undefined && scores.points.length === 0 ? {} : { scores: [...scores.shown] };
}

function answersUpdate({ history, prompts }: RunSnapshot, sent: Sent | undefined, now: Sent): RunUpdate {
  if (prompts.length === 0 && history.answers.rounds.length === 0) {
    return {};
  }
  const goesOn = sent?.changes.cuts === now.changes.cuts && sent.prompts === now.prompts;
  if (goesOn && sent.changes.answers === now.changes.answers) {
    return {};
  }
  const from = goesOn ? sent.lastAnswers + 1 : 0;
  const rounds = history.answers.rounds.filter(({ step }) => step >= from);
  return { answers: { prompts: [...prompts], from, rounds } };
}

/** A run that goes back goes on in time. */
function machineNews({ machine }: RunHistory, sent: Sent | undefined, now: Sent): RunUpdate {
  const news = sent?.changes.machine === now.changes.machine ? undefined : machine.take(sent === undefined);
  return news === undefined ? {} : { machine: news };
}

/** What the detail of the whole depends on: there is none. */
const NO_DETAIL = '';

/** A part that lies behind the run changes no more, unless the run goes back. */
function detailKey({ history, generation, zoom }: RunSnapshot): string {
  if (zoom === undefined || zoom === null || history.loss.isShownWhole) {
    return NO_DETAIL;
  }
  const { steps, cuts } = history.changes;
  return JSON.stringify([zoom, generation, cuts, history.step <= zoom[1] ? steps : 'complete']);
}

function detail({ history, zoom }: RunSnapshot): RunUpdate['detail'] {
  if (zoom === undefined || zoom === null || history.loss.isShownWhole) {
    return null;
  }
  const [first, last] = zoom;
  const loss = history.loss.between(first, last);
  return {
    loss: loss.extremes,
    lossMeans: loss.means,
    learningRate: history.learningRate.between(first, last).extremes,
    tokensPerSecond: history.tokensPerSecond.between(first, last).extremes,
  };
}

function curves(history: RunHistory, whole: boolean): NonNullable<RunUpdate['curves']> {
  const loss = history.loss.take(whole);
  return {
    loss: loss.extremes,
    lossMeans: loss.means,
    learningRate: history.learningRate.take(whole).extremes,
    tokensPerSecond: history.tokensPerSecond.take(whole).extremes,
  };
}

function logSince(history: RunHistory, number: number): NonNullable<RunUpdate['log']> {
  const { lines, skipped } = history.log.since(number);
  return { lines: [...lines], skipped };
}

/** Of very many points, the lowest and highest loss of each kind in every stretch, and the last. */
export function thinned(points: readonly EvalPoint[], most = MOST_POINTS): readonly EvalPoint[] {
  if (points.length <= most) {
    return points;
  }
  const stretch = Math.ceil(points.length / (most / 4));
  const kept = new Set<EvalPoint>();
  for (let begin = 0; begin < points.length; begin += stretch) {
    const some = points.slice(begin, begin + stretch);
    for (const value of [(point: EvalPoint) => point.domainLoss, (point: EvalPoint) => point.generalLoss]) {
      const measured = some.filter((point) => value(point) !== null);
      const sorted = measured.toSorted((left, right) => (value(left) ?? 0) - (value(right) ?? 0));
      for (const extreme of [sorted[0], sorted.at(-1)]) {
        if (extreme !== undefined) {
          kept.add(extreme);
        }
      }
    }
  }
  const last = points.at(-1);
  return points.filter((point) => kept.has(point) || point === last);
}
