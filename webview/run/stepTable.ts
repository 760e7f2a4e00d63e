import { type Curve, countBefore } from './curve';
import type { RunModel } from './runModel';

/** What the steps of one stretch of a run came to. */
export interface StretchRow {
  readonly first: number;
  readonly last: number;
  readonly meanLoss: number;
  readonly lowestLoss: number;
  readonly highestLoss: number;
  readonly learningRate: number | undefined;
  readonly tokensPerSecond: number | undefined;
}

const ROWS = 50;

/** The steps of a run in at most some 50 stretches of equal length, for reading as text. */
export function stretches({
  loss,
  lossMeans,
  learningRate,
  tokensPerSecond,
}: RunModel['curves']): StretchRow[] {
  const [begin] = loss.x;
  const end = loss.x.at(-1);
  if (begin === undefined || end === undefined) {
    return [];
  }
  const length = niceLength((end - begin + 1) / ROWS);
  const rows: StretchRow[] = [];
  for (let first = Math.floor((begin - 1) / length) * length + 1; first <= end; first += length) {
    const last = Math.min(end, first + length - 1);
    const losses = between(loss, first, last);
    if (losses.length > 0) {
      rows.push({
        first: Math.max(begin, first),
        last,
        meanLoss: mean(between(lossMeans, first, last)) ?? mean(losses) ?? NaN,
        lowestLoss: Math.min(...losses),
        highestLoss: Math.max(...losses),
        learningRate: between(learningRate, first, last).at(-1),
        tokensPerSecond: mean(between(tokensPerSecond, first, last)),
      });
    }
  }
  return rows;
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function niceLength(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, atLeast)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((length) => length >= atLeast) ?? power * 10;
}

function between({ x, y }: Curve, first: number, last: number): readonly number[] {
  return y.slice(countBefore(x, first), countBefore(x, last + 1));
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
