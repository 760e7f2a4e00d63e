import type { RunConfig } from '../config/runConfig';
import { estimate } from '../estimate/estimate';
import { formPlan, pricedModel } from '../launch/planPrice';
import type { ImportanceFile } from '../method/importance';
import { lowestLayers } from '../method/layerChoice';
import type { FoundModel } from '../model/foundModel';
import { ARMS, type ArmName } from './study';

/** An analysis of the model of a study. */
export interface StudiedModel {
  readonly importance: ImportanceFile;
  readonly model: FoundModel;
}

/**
 * Seconds of training that these arms of a job take with one seed, by the speed that an analysis measured; evaluations and
 * refreshes come on top. Undefined where the analysis says nothing of that.
 * @param k how many layers the study expands
 */
export function armSeconds(
  arms: readonly ArmName[],
  { tune }: Pick<RunConfig, 'tune'>,
  k: number,
  { importance, model }: StudiedModel,
): number | undefined {
  const priced = pricedModel(model, importance);
  if (!priced.known || k > importance.layers.length) {
    return undefined;
  }
  const plan = formPlan(priced, importance, {});
  const copied = lowestLayers(importance, k, importance.layers.length, '');
  const seconds = arms.map((arm) => {
    const { full } = ARMS[arm];
    const armPlan = { ...plan, expanded: full ? [] : copied, tune: { ...tune, full } };
    return estimate(armPlan).secondsPerStep;
  });
  return seconds.every((perStep) => perStep !== undefined)
    ? tune.steps * seconds.reduce((sum, perStep) => sum + perStep, 0)
    : undefined;
}
