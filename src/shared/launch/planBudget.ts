import * as v from 'valibot';
import { budgetedPlans, type Budget, type BudgetedChoice } from '../estimate/budgetedPlan';
import { isPriced } from '../estimate/plan';
import type { ImportanceFile } from '../method/importance';
import { layerValues } from '../method/layerChoice';
import { numberOfText } from '../common/numberText';
import type { FormReading } from './launchForm';
import { formPlan, type PricedModel } from './planPrice';
import { runDurations, type DurationFacts } from './runDuration';
import { proposedCount } from './studiedSettings';

/** A budget as it is typed; what is empty limits nothing. */
export const BudgetTexts = v.object({ memory: v.string(), hours: v.string(), slowdown: v.string() });
export type BudgetTexts = v.InferOutput<typeof BudgetTexts>;

export const NO_BUDGET: BudgetTexts = { memory: '', hours: '', slowdown: '' };

const GIGABYTE = 1e9;
const HOUR = 3600;

/** What is in the way of telling what fits. */
export type BudgetProblem =
  | { readonly field: keyof BudgetTexts; readonly why: 'no number' }
  | { readonly field: 'hours'; readonly why: 'no speed' | 'no steps' }
  | { readonly field: 'memory'; readonly why: 'no costs' };

export interface BudgetReading {
  /** The proposed number of layers first where it fits, then fewer, then more. None where there is a problem. */
  readonly choices: readonly BudgetedChoice[];
  readonly problems: readonly BudgetProblem[];
}

/**
 * The choices of layers that fit a budget at the form's settings; undefined where the model has no price.
 * @param known what is known of the texts that the form names
 */
export function planBudget(
  model: PricedModel,
  importance: ImportanceFile,
  reading: FormReading,
  known: DurationFacts['known'],
  texts: BudgetTexts,
): BudgetReading | undefined {
  if (!model.known) {
    return undefined;
  }
  const { settings } = reading;
  const plan = formPlan(model, importance, settings);
  const steps = typeof settings.steps === 'number' ? settings.steps : undefined;
  const problems = problemsOf(texts, {
    ...{
      speed: plan.speed !== undefined,
      steps: steps !== undefined,
      costs: isPriced({ ...plan, expanded: [] }),
    },
  });
  if (problems.length > 0) {
    return { choices: [], problems };
  }
  const values = layerValues(importance.layers, model.config.numHiddenLayers, 'importance.json');
  // As the plan bar has it, with evaluations and refreshes.
  const duration = runDurations({ reading, model, importance, known });
  const choices = budgetedPlans(values, plan, (layers) => duration(layers)?.seconds, budgetOf(texts));
  return { choices: fromProposed(choices, proposedCount(values.length)), problems };
}

/** The proposed number of layers first where it fits, then fewer, then more: most layers is seldom what is wanted. */
function fromProposed(choices: readonly BudgetedChoice[], count: number): BudgetedChoice[] {
  const isMore = ({ layers }: BudgetedChoice): boolean => layers.length > count;
  return [...choices.filter((choice) => !isMore(choice)), ...choices.filter(isMore).reverse()];
}

function problemsOf(
  texts: BudgetTexts,
  known: { readonly speed: boolean; readonly steps: boolean; readonly costs: boolean },
): BudgetProblem[] {
  const fields = ['memory', 'hours', 'slowdown'] as const;
  const isGiven = (field: keyof BudgetTexts): boolean => texts[field].trim() !== '';
  const wrong = fields.filter((field) => isGiven(field) && limitOf(texts[field]) === undefined);
  return [
    ...wrong.map((field) => ({ field, why: 'no number' as const })),
    ...(isGiven('memory') && !known.costs ? [{ field: 'memory' as const, why: 'no costs' as const }] : []),
    ...(isGiven('hours') && !known.speed ? [{ field: 'hours' as const, why: 'no speed' as const }] : []),
    ...(isGiven('hours') && !known.steps ? [{ field: 'hours' as const, why: 'no steps' as const }] : []),
  ];
}

function limitOf(text: string, unit = 1): number | undefined {
  const value = numberOfText(text.trim());
  return value !== undefined && value > 0 ? value * unit : undefined;
}

function budgetOf({ memory, hours, slowdown }: BudgetTexts): Budget {
  return {
    memoryBytes: limitOf(memory, GIGABYTE),
    seconds: limitOf(hours, HOUR),
    inferenceFactor: limitOf(slowdown),
  };
}
