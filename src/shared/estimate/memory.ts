import { headChunkRows } from '../model/headChunk';
import { QUERY_BLOCK } from '../model/queryBlock';
import { ENGINE_COSTS } from './engineCosts';
import { composesAttention, gradientsAt, layerCounts, valuesOf, type Counts } from './layerCounts';
import { plannedModel, type PricedPlan, type PlannedModel } from './plan';

const BYTES = 4;
/** What a value in bfloat16 saves. */
const SAVED = 2;

/** What tuning holds in tensors at once, bytes. */
export interface TensorMemory {
  /** All parameters: in float32, or the matrices of frozen layers in bfloat16. */
  readonly weights: number;
  /** AdamW's two moments of what is trained. */
  readonly moments: number;
  /** Rope tables and masks. */
  readonly tables: number;
  /** The most that a step, or the first probe before it, adds to these. */
  readonly working: number;
}

/** The peak of what tuning holds in tensors. Nothing is kept below the lowest layer that is differentiated. */
export function tensorMemory(plan: PricedPlan): TensorMemory {
  const model = plannedModel(plan);
  const { config, tune, engine } = plan;
  const windows = new Set(
    config.slidingWindows.map((window) => (window === undefined || window >= tune.seqLen ? 0 : window)),
  );
  const composed = composesAttention(config, engine);
  const masks = composed ? windows.size * scoreRows(tune.seqLen) * tune.seqLen : 0;
  const tables = 4 * new Set(config.ropes).size * tune.seqLen * config.headDim + masks;
  const phases = [
    ...passPeaks(plan, model, model.probed, false),
    ...passPeaks(plan, model, model.trained, true),
    ...updatePeaks(plan, model),
  ];
  return {
    weights: BYTES * model.parameters - (plan.frozen === 'bfloat16' ? SAVED * model.frozenMatrices : 0),
    moments: BYTES * 2 * model.parametersTrained,
    tables: BYTES * tables,
    working: BYTES * Math.max(0, ...phases),
  };
}

/** Rows of scores that lie in memory at once where attention is composed. */
function scoreRows(length: number): number {
  return Math.min(length, QUERY_BLOCK);
}

/**
 * Values alive at each point of one forward and backward pass that could be its peak: at the head, and at every layer's
 * backward pass. Gradients are kept in a step, not in a probe.
 */
function passPeaks(
  plan: PricedPlan,
  model: PlannedModel,
  wanted: readonly number[],
  step: boolean,
): number[] {
  const [lowest] = wanted;
  if (lowest === undefined) {
    return [];
  }
  const { config, tune } = plan;
  const counts = layerCounts(config, plan.engine);
  const size = { batch: tune.batchSize, length: tune.seqLen, scoreRows: scoreRows(tune.seqLen) };
  const values = (of: Counts): number => valuesOf(of, config, size);
  const hidden = tune.batchSize * tune.seqLen * config.hiddenSize;
  const outer = tune.full && step ? config.vocabSize * config.hiddenSize : 0;
  // The sums over the batches before this one.
  const held = step && tune.gradAccum > 1 ? model.parametersTrained : 0;
  // The weights of one block are kept; those of several are computed again.
  const saved = values(tune.seqLen > QUERY_BLOCK ? { ...counts.saved, scores: 0 } : counts.saved);
  // The embeddings stay until the pass ends; they are the lowest layer's own input when nothing lies below it.
  const embedded = lowest > 0 ? hidden : 0;
  const set = new Set(wanted);
  // One matrix at a time is upcast, where it is used.
  const upcast = plan.frozen === 'bfloat16' ? model.largestFrozen : 0;
  const trains = new Set(model.trained);
  const peaks = [held + embedded + (model.layers - lowest) * saved + hidden + headPeak(plan, outer)];
  let gradients = outer;
  for (let layer = model.layers - 1; layer >= lowest; layer--) {
    const trained = set.has(layer);
    const moments = trained ? counts.trainedBackward : counts.backward;
    const temporaries =
      Math.max(...moments.map((moment) => values(moment) + gradientsAt(moment, config))) +
      (trains.has(layer) ? 0 : upcast);
    // The layer's output, and its gradient.
    peaks.push(held + embedded + (layer - lowest + 1) * saved + 2 * hidden + gradients + temporaries);
    gradients += trained && step ? model.parametersPerLayer : 0;
  }
  // Scattered into the embedding's gradient, and added to the projection's where the two are one.
  peaks.push(held + gradients + hidden + outer * (config.tieWordEmbeddings ? 2 : 1));
  return peaks;
}

/** The head's part: one chunk's logits with their gradient, and rows of hidden size. */
function headPeak({ config, tune, engine }: PricedPlan, outer: number): number {
  const targets = tune.batchSize * (tune.seqLen - 1);
  const rows = Math.min(targets, headChunkRows(config.vocabSize));
  const { logitArrays, transposes, chunkArrays } = ENGINE_COSTS[engine].memory;
  const projection = config.vocabSize * config.hiddenSize;
  const arrays = rows * config.hiddenSize * chunkArrays;
  const logits = rows * config.vocabSize * logitArrays;
  const transposing = rows * config.vocabSize + (transposes ? projection : 0);
  const chunked = rows < targets;
  // Sum, this chunk's gradient, and the next sum.
  const adding = chunked ? 3 * outer : outer;
  return (
    Math.max(arrays + Math.max(logits, transposing) + (chunked ? 2 : 1) * outer, adding) +
    targets * config.hiddenSize
  );
}

/** All gradients are there; one tensor after the other is updated. */
function updatePeaks({ engine }: PricedPlan, model: PlannedModel): number[] {
  const { parametersTrained: trained, largestTrained } = model;
  return [trained + ENGINE_COSTS[engine].memory.updateArrays * largestTrained];
}

/** The peak resident memory of `adept tune`, bytes. */
export function processMemory(plan: PricedPlan): number {
  const { weights, moments, tables, working } = tensorMemory(plan);
  const { process, spread, checkpointLimit } = ENGINE_COSTS[plan.engine].memory;
  return process + (weights + moments + tables + working) * spread + checkpointLimit;
}
