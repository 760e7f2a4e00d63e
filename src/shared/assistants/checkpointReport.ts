import { scoresOf } from '../run/scores';
import type { ComparedPoint, Comparison } from '../run/comparison';
import { rounded, roundedOrNull, shortened } from './shortened';
import type { CheckpointComparisonResult } from './toolResults';

const MOST_UNITS = 24;
/** Of each of the two. */
const MOST_SCORES = 24;
const MOST_NOTES = 8;

/** What a language model is told of what `adept compare` printed. */
export function checkpointReport({ a, b, units, notes }: Comparison): CheckpointComparisonResult {
  const order = [...units].sort((one, other) => moved(other.change) - moved(one.change));
  const { kept, omitted } = shortened(order, MOST_UNITS);
  return {
    a: point(a),
    b: point(b),
    unit: 'losses in nats per token; change as ‖B − A‖ / ‖A‖',
    unitsMovedMost: kept.map(({ layer, name, change }) => ({
      layer,
      unit: name,
      relativeChange: change === null ? null : rounded(change),
    })),
    omittedUnits: omitted,
    notes: shortened(notes, MOST_NOTES).kept,
  };
}

/** From zero to something is further than any multiple. */
function moved(change: number | null): number {
  return change ?? Infinity;
}

function point({
  run,
  step,
  base,
  loss,
  domainLoss,
  generalLoss,
  scores,
}: ComparedPoint): CheckpointComparisonResult['a'] {
  const { kept, omitted } = shortened(scores.flatMap(scoresOf), MOST_SCORES);
  return {
    run,
    step,
    base,
    lossOfOneBatch: roundedOrNull(loss),
    domainLoss: roundedOrNull(domainLoss),
    generalLoss: roundedOrNull(generalLoss),
    scores: kept.map(({ task, metric, value, interval: [low, high] }) => ({
      ...{ task, metric, value: rounded(value), low: rounded(low), high: rounded(high) },
    })),
    omittedScores: omitted,
  };
}
