import { messageOf } from '../common/errors';
import { estimate, speedFrom, type Plan, type Price } from '../estimate/estimate';
import { plannedFrozenDtype } from '../estimate/frozenDtype';
import { plannedEngine } from '../estimate/plan';
import type { ImportanceFile } from '../method/importance';
import { parameterCount } from '../model/architecture';
import { parseModelConfig, type ModelConfig } from '../model/config';
import { modelText } from '../model/modelText';
import { analyzedModelText } from '../method/analyzedModel';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import type { FoundModel } from '../model/foundModel';
import type { FormReading } from './launchForm';

/** What a plan costs; or why that cannot be told. */
export type PlanPrice =
  | { readonly known: true; readonly estimate: Price }
  | { readonly known: false; readonly problem: string };

/** The model that is priced; or why there is none. */
export type PricedModel =
  | { readonly known: true; readonly config: ModelConfig; readonly inBfloat16: boolean }
  | { readonly known: false; readonly problem: string };

/** Reads what the host found of the model, and checks that it is the one that was analyzed. */
export function pricedModel(model: FoundModel, importance: ImportanceFile): PricedModel {
  if (!model.found) {
    return { known: false, problem: model.problem };
  }
  try {
    const config = parseModelConfig(model.config, model.file);
    const analyzed = analyzedModelText(importance);
    const found = modelText({
      ...config,
      layers: config.numHiddenLayers,
      parameters: parameterCount(config),
    });
    return analyzed === found
      ? { known: true, config, inBfloat16: model.inBfloat16 }
      : {
          known: false,
          problem: `${model.file} describes a ${found}, not the analyzed ${analyzed}: analyze it again.`,
        };
  } catch (error) {
    return { known: false, problem: messageOf(error) };
  }
}

/** The price of tuning copies of these layers, at the form's settings where they can be used and the defaults elsewhere. */
export function planPrice(
  model: PricedModel,
  importance: ImportanceFile,
  expanded: readonly number[],
  { settings }: Pick<FormReading, 'settings'>,
): PlanPrice {
  if (!model.known) {
    return model;
  }
  return { known: true, estimate: estimate({ ...formPlan(model, importance, settings), expanded }) };
}

/** What would compute as the analysis did, at the form's settings where they can be used and the defaults elsewhere. */
export function formPlan(
  { config, inBfloat16 }: Extract<PricedModel, { known: true }>,
  importance: ImportanceFile,
  settings: FormReading['settings'],
): Omit<Plan, 'expanded'> {
  const engine = plannedEngine(importance.engine) ?? 'wasm';
  // The form does not ask for it.
  const choice = TUNE_SETTINGS.frozenWeights.default;
  const frozen = plannedFrozenDtype({ engine, choice, inBfloat16, analyzed: importance.engine });
  return { config, tune: plannedTune(settings), engine, frozen, speed: speedFrom(importance, config) };
}

export function plannedTune(settings: FormReading['settings']): Plan['tune'] {
  return {
    batchSize: Number(settings.batchSize ?? TUNE_SETTINGS.batchSize.default),
    seqLen: Number(settings.seqLen ?? TUNE_SETTINGS.seqLen.default),
    gradAccum: TUNE_SETTINGS.gradAccum.default,
    full: false,
  };
}
