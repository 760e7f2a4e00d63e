import type { TrainingLoss } from '../../shared/webview/run';
import type { DecimatedCurve } from './decimatedCurve';

/** Steps of a mean: enough that single batches, of which some are replayed general text, say little. */
const MOST_STEPS = 20;
/** With fewer, a mean is still that of a few batches, and a difference of two is chance. */
const FEWEST_STEPS = 5;

/** Training loss as means over steps, since every step has another batch: of the last ones, and of as many at the start. */
export function trainingLoss(curve: DecimatedCurve): TrainingLoss | null {
  const compared = Math.min(MOST_STEPS, Math.floor(curve.length / 2));
  const canCompare = compared >= FEWEST_STEPS;
  const steps = canCompare ? compared : Math.min(MOST_STEPS, curve.length);
  const now = curve.meanOf('last', steps);
  return now === undefined
    ? null
    : { steps, now, start: canCompare ? (curve.meanOf('first', steps) ?? null) : null };
}
