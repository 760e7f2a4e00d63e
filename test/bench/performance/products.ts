import { readModelConfig } from '../../../src/node/model/modelConfig';
import { plannedModel } from '../../../src/shared/estimate/plan';
import { forwardWork, stepWork } from '../../../src/shared/estimate/work';

/** Of attention's products over T² pairs: two forward, five back to a layer's input, of which one is that of the weights again. */
const FORWARD = 2;
const BACKWARD = 5;
/** {@link stepWork} counts those of a backward pass that kept the weights. */
const COUNTED_BACKWARD = 4;

/** Floating-point operations of matrix products that a tuning step takes for a token, two for each multiply–add. */
export interface Products {
  readonly length: number;
  /** Over the pairs that the causal mask leaves, (T + 1) / 2 for a token. */
  readonly attention: number;
  readonly everythingElse: number;
}

/** @param folder the base model, of which `expanded` layers are copied */
export function productsOfStep(folder: string, expanded: readonly number[], length: number): Products {
  const config = readModelConfig(folder);
  const tune = { batchSize: 1, seqLen: length, gradAccum: 1, full: false };
  const plan = { config, expanded, tune, engine: 'native' } as const;
  const { layers, trained } = plannedModel(plan);
  const backward = layers - (trained[0] ?? layers);
  const layer = (tokens: number): number =>
    forwardWork(config, { batch: 1, length: tokens }, 1, 'native').matMul -
    forwardWork(config, { batch: 1, length: tokens }, 0, 'native').matMul;
  // A layer takes aT + bT²: what doubling T more than doubles is the second part.
  const allPairs = (layer(2 * length) - 2 * layer(length)) / 2 / FORWARD;
  const counted = allPairs * (FORWARD * layers + COUNTED_BACKWARD * backward);
  const shown = (length + 1) / (2 * length);
  return {
    length,
    attention: (allPairs * shown * (FORWARD * layers + BACKWARD * backward)) / length,
    everythingElse: ((stepWork(plan)?.matMul ?? NaN) - counted) / length,
  };
}
