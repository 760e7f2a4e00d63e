import { estimate, type Plan, type Price } from './estimate';
import { lowestOf } from '../method/layerChoice';

/** What a run may take; what is left out is not limited. */
export interface Budget {
  /** Peak resident memory of the trainer, bytes. */
  readonly memoryBytes?: number | undefined;
  /** Seconds. */
  readonly seconds?: number | undefined;
  /** Time of a forward pass of the expanded model, relative to the base model's: 1.1 is a tenth slower. */
  readonly inferenceFactor?: number | undefined;
}

/** Layers that fit a budget. */
export interface BudgetedChoice {
  /** Of the base model, in order. */
  readonly layers: readonly number[];
  readonly price: Price;
  /** Undefined where no speed or no number of steps is known. */
  readonly seconds: number | undefined;
  /** Sum of the layers' importances: what the choice risks, in the units of the analysis. */
  readonly importance: number;
}

/** How long a run takes that copies these layers. */
export type SecondsOf = (layers: readonly number[], price: Price) => number | undefined;

/** Of steps alone. */
export function stepSeconds(steps: number | undefined): SecondsOf {
  return (_, { secondsPerStep }) =>
    secondsPerStep === undefined || steps === undefined ? undefined : secondsPerStep * steps;
}

/**
 * For every k, the k layers of least importance that fit. Layers are given up from below: a copy further up costs less, since
 * nothing is kept or differentiated below the lowest one. Most layers first, because what they can learn grows with them, until k = 1.
 * @param importance by layer
 * @param secondsOf what a choice takes; where that is not known, time is no limit
 */
export function budgetedPlans(
  importance: readonly number[],
  plan: Omit<Plan, 'expanded'>,
  secondsOf: SecondsOf,
  budget: Budget,
): BudgetedChoice[] {
  const layers = importance.length;
  return Array.from({ length: layers }, (_, index) => layers - index).flatMap((count) => {
    // One after the other: what is chosen from further up mostly costs less, but not always, so halving might miss one.
    for (let lowest = 0; lowest <= layers - count; lowest += 1) {
      const choice = choose(importance, lowest, count, plan, secondsOf);
      if (fits(choice, budget)) {
        return [choice];
      }
    }
    return [];
  });
}

/** The `count` least important layers among those from `lowest` up. */
function choose(
  importance: readonly number[],
  lowest: number,
  count: number,
  plan: Omit<Plan, 'expanded'>,
  secondsOf: SecondsOf,
): BudgetedChoice {
  const layers = lowestOf(importance.slice(lowest), count)
    .map((layer) => layer + lowest)
    .sort((a, b) => a - b);
  const price = estimate({ ...plan, expanded: layers });
  return {
    layers,
    price,
    seconds: secondsOf(layers, price),
    importance: layers.reduce((sum, layer) => sum + (importance[layer] ?? 0), 0),
  };
}

/** A time that is not known exceeds no limit. */
function fits({ price, seconds }: BudgetedChoice, budget: Budget): boolean {
  const within = (value: number | undefined, limit: number | undefined): boolean =>
    value === undefined || limit === undefined || value <= limit;
  return (
    within(price.memoryBytes, budget.memoryBytes) &&
    within(seconds, budget.seconds) &&
    within(price.inferenceFactor, budget.inferenceFactor)
  );
}
