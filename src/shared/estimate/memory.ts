import { headChunkRows } from '../model/headChunk';
import { ENGINE_COSTS } from './engineCosts';
import { layerCounts, valuesOf, type Counts } from './layerCounts';
import { plannedModel, type Plan, type PlannedModel } from './plan';

const BYTES = 4;

/** Arrays of a step's every phase, as many as one tensor that is updated: adamW.ts and the clipping before it. */
const UPDATE_ARRAYS = 15;

/** Arrays [rows, D] of one chunk of the head, and more where its own weights are trained: head.ts, chunkBackward. */
const CHUNK_HIDDEN = 12;
const CHUNK_HIDDEN_TRAINED = 14;

/** What tuning holds in tensors at once, bytes. */
export interface TensorMemory {
  /** All parameters, in float32. */
  readonly weights: number;
  /** AdamW's two moments of what is trained. */
  readonly moments: number;
  /** Rope tables and masks. */
  readonly tables: number;
  /** The most that a step, or the first probe before it, adds to these. */
  readonly working: number;
}

/** The peak of what tuning holds in tensors. Nothing is kept below the lowest layer that is differentiated. */
export function tensorMemory(plan: Plan): TensorMemory {
  const model = plannedModel(plan);
  const { config, tune } = plan;
  const windows = new Set(
    config.slidingWindows.map((window) => (window === undefined || window >= tune.seqLen ? 0 : window)),
  );
  const tables = 4 * tune.seqLen * config.headDim + windows.size * tune.seqLen ** 2;
  const phases = [
    ...passPeaks(plan, model, model.probed, false),
    ...passPeaks(plan, model, model.trained, true),
    ...updatePeaks(model),
  ];
  return {
    weights: BYTES * model.parameters,
    moments: BYTES * 2 * model.parametersTrained,
    tables: BYTES * tables,
    working: BYTES * Math.max(0, ...phases),
  };
}

/**
 * Values alive at each point of one forward and backward pass that could be its peak: at the head, and at every layer's
 * backward pass. Gradients are kept in a step, not in a probe.
 */
function passPeaks(plan: Plan, model: PlannedModel, wanted: readonly number[], step: boolean): number[] {
  const [lowest] = wanted;
  if (lowest === undefined) {
    return [];
  }
  const { config, tune } = plan;
  const counts = layerCounts(config);
  const values = (of: Counts): number => valuesOf(of, config, { batch: tune.batchSize, length: tune.seqLen });
  const hidden = tune.batchSize * tune.seqLen * config.hiddenSize;
  const outer = tune.full && step ? config.vocabSize * config.hiddenSize : 0;
  // The sums over the batches before this one.
  const held = step && tune.gradAccum > 1 ? model.parametersTrained : 0;
  const saved = values(counts.saved);
  // The embeddings stay until the pass ends; they are the lowest layer's own input when nothing lies below it.
  const embedded = lowest > 0 ? hidden : 0;
  const set = new Set(wanted);
  const peaks = [held + embedded + (model.layers - lowest) * saved + hidden + headPeak(plan, outer)];
  let gradients = outer;
  for (let layer = model.layers - 1; layer >= lowest; layer--) {
    const trained = set.has(layer);
    const temporaries = trained
      ? values(counts.trainedBackward) + model.parametersPerLayer
      : values(counts.backward);
    peaks.push(held + embedded + (layer - lowest + 1) * saved + hidden + gradients + temporaries);
    gradients += trained && step ? model.parametersPerLayer : 0;
  }
  // Scattered into the embedding's gradient, and added to the projection's where the two are one.
  peaks.push(held + gradients + hidden + outer * (config.tieWordEmbeddings ? 2 : 1));
  return peaks;
}

/** The head's part: one chunk's logits with their gradient, and rows of hidden size. */
function headPeak({ config, tune, engine }: Plan, outer: number): number {
  const targets = tune.batchSize * (tune.seqLen - 1);
  const rows = Math.min(targets, headChunkRows(config.vocabSize));
  const { logitArrays, transposes } = ENGINE_COSTS[engine].memory;
  const projection = config.vocabSize * config.hiddenSize;
  const arrays = rows * config.hiddenSize * (outer > 0 ? CHUNK_HIDDEN_TRAINED : CHUNK_HIDDEN);
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

/** The gradient norm squares every gradient at once; then one tensor after the other is updated. */
function updatePeaks(model: PlannedModel): number[] {
  const { parametersTrained: trained, largestTrained } = model;
  return [2 * trained, trained + UPDATE_ARRAYS * largestTrained];
}

/** The peak resident memory of `adept tune`, bytes. */
export function processMemory(plan: Plan): number {
  const { weights, moments, tables, working } = tensorMemory(plan);
  const { process, spread, checkpointLimit } = ENGINE_COSTS[plan.engine].memory;
  return process + (weights + moments + tables + working) * spread + checkpointLimit;
}
