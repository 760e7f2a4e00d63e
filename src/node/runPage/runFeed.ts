import type { StrengthFile } from '../../shared/run/strength';
import type { EvalPoint, RunHead, RunProblem, RunUpdate, ToRun } from '../../shared/webview/run';
import type { RunRecord } from '../run/runRecord';

/** Evaluations and checkpoints that are sent at most, about. */
const MOST_POINTS = 2000;

/** What there is to show of a run. */
export interface RunSnapshot {
  readonly head: RunHead;
  readonly record: RunRecord;
  /** Of the record: another one means that the old record's series say nothing any more. */
  readonly generation: number;
  /** Problems with other files than the log. */
  readonly problems: readonly RunProblem[];
  readonly dial: StrengthFile | undefined;
}

interface Sent {
  readonly generation: number;
  readonly head: string;
  readonly changes: RunRecord['changes'];
  readonly lastUnits: number;
  readonly logLines: number;
  readonly problems: string;
  readonly dial: string;
}

/** Finds out what a page that shows a run has not been told yet. */
export class RunFeed {
  private sent: Sent | undefined;

  /** The page knows nothing any more: the next message is a snapshot. */
  reset(): void {
    this.sent = undefined;
  }

  /** The message that brings the page up to date; undefined when it is. */
  next(picture: RunSnapshot): ToRun | undefined {
    const { generation, record } = picture;
    const sent = this.sent?.generation === generation ? this.sent : undefined;
    const problems = {
      items: [...picture.problems, ...record.problems.items],
      total: picture.problems.length + record.problems.total,
    };
    const now: Sent = {
      generation,
      head: JSON.stringify(picture.head),
      changes: { ...record.changes },
      lastUnits: record.units.lastStep,
      logLines: record.log.count,
      problems: JSON.stringify(problems),
      dial: JSON.stringify(picture.dial ?? null),
    };
    this.sent = now;
    const update: RunUpdate = {
      ...(sent?.head === now.head ? {} : { head: picture.head }),
      ...seriesUpdate(record, sent, now),
      ...(sent?.logLines === now.logLines ? {} : { log: logSince(record, sent?.logLines ?? 0) }),
      ...(sent?.problems === now.problems ? {} : { problems }),
      ...(sent?.dial === now.dial ? {} : { dial: picture.dial ?? null }),
    };
    if (sent === undefined) {
      return { type: 'snapshot', ...update };
    }
    return Object.keys(update).length === 0 ? undefined : { type: 'update', ...update };
  }
}

function seriesUpdate(record: RunRecord, sent: Sent | undefined, now: Sent): RunUpdate {
  const goesOn = sent?.changes.cuts === now.changes.cuts;
  const isSame = (series: keyof RunRecord['changes']): boolean =>
    goesOn && sent.changes[series] === now.changes[series];
  return {
    ...(isSame('steps') ? {} : { curves: curves(record, sent === undefined) }),
    ...(isSame('evals') ? {} : { evals: [...thinned(record.evals)] }),
    ...(isSame('checkpoints') ? {} : { checkpoints: [...thinned(record.checkpoints)] }),
    ...(isSame('units') ? {} : { importance: record.units.since(goesOn ? sent.lastUnits : 0) }),
  };
}

function curves(record: RunRecord, whole: boolean): NonNullable<RunUpdate['curves']> {
  const loss = record.loss.take(whole);
  return {
    loss: loss.extremes,
    lossMeans: loss.means,
    learningRate: record.learningRate.take(whole).extremes,
    tokensPerSecond: record.tokensPerSecond.take(whole).extremes,
  };
}

function logSince(record: RunRecord, number: number): NonNullable<RunUpdate['log']> {
  const { lines, skipped } = record.log.since(number);
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
