import * as v from 'valibot';
import { budgetedPlans, type Budget, type BudgetedChoice } from '../budgetedPlan';
import { speedFrom } from '../estimate';
import { plannedEngine } from '../estimate/plan';
import type { ImportanceFile } from '../importance';
import { layerValues } from '../layerChoice';
import { numberOfText } from '../numberText';
import type { FormReading } from './launchForm';
import { plannedTune, type PricedModel } from './planPrice';

/** A budget as it is typed; what is empty, or no number above 0, limits nothing. */
export const BudgetTexts = v.object({ memory: v.string(), hours: v.string(), slowdown: v.string() });
export type BudgetTexts = v.InferOutput<typeof BudgetTexts>;

export const NO_BUDGET: BudgetTexts = { memory: '', hours: '', slowdown: '' };

const GIGABYTE = 1e9;
const HOUR = 3600;

/** The choices of layers that fit a budget at the form's settings; undefined where the model has no price. */
export function planBudget(
  model: PricedModel,
  importance: ImportanceFile,
  { settings }: Pick<FormReading, 'settings'>,
  texts: BudgetTexts,
): BudgetedChoice[] | undefined {
  if (!model.known) {
    return undefined;
  }
  const { config } = model;
  const engine = plannedEngine(importance.engine) ?? 'wasm';
  const plan = { config, tune: plannedTune(settings), engine, speed: speedFrom(importance, config) };
  const values = layerValues(importance.layers, config.numHiddenLayers, 'importance.json');
  return budgetedPlans(values, plan, Number(settings.steps ?? 1), budgetOf(texts));
}

function budgetOf({ memory, hours, slowdown }: BudgetTexts): Budget {
  const limit = (text: string, unit: number): number | undefined => {
    const value = numberOfText(text.trim());
    return value !== undefined && value > 0 ? value * unit : undefined;
  };
  return {
    memoryBytes: limit(memory, GIGABYTE),
    seconds: limit(hours, HOUR),
    inferenceFactor: limit(slowdown, 1),
  };
}
