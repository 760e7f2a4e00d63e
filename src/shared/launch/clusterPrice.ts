import type { FoundCluster } from '../cluster/foundCluster';
import { planOnCluster, type ClusterPlan } from '../estimate/cluster/clusterPlan';
import type { FormReading } from './launchForm';
import { plannedTune, type PricedModel } from './planPrice';

/** What a run takes on the GPUs of a file; or why that cannot be told. */
export type ClusterPrice =
  | { readonly known: true; readonly plan: ClusterPlan; readonly tokens: number }
  | { readonly known: false; readonly problem: string };

/**
 * The same run as the form's on these GPUs, in bfloat16: so many sequences a step, shared out over all of them. Undefined
 * where no file is named, nothing is marked, or the model has no price.
 */
export function clusterPrice(
  model: PricedModel,
  expanded: readonly number[],
  { settings }: Pick<FormReading, 'settings'>,
  found: FoundCluster | null,
): ClusterPrice | undefined {
  if (found === null) {
    return undefined;
  }
  if (!found.found) {
    return { known: false, problem: found.problem };
  }
  const steps = Number(settings.steps);
  if (!model.known || expanded.length === 0 || !(steps >= 1)) {
    return undefined;
  }
  const { batchSize, gradAccum, seqLen } = plannedTune(settings);
  const sequencesPerStep = batchSize * gradAccum;
  const tokens = steps * sequencesPerStep * seqLen;
  const run = { config: model.config, expanded, full: false, seqLen, tokens, sequencesPerStep };
  return { known: true, plan: planOnCluster(run, found.cluster), tokens };
}
