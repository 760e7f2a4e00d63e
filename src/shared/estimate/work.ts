import { layerMatrices } from '../model/architecture';
import type { ModelConfig } from '../model/config';
import type { ImportanceMode } from '../method/importance';
import { ENGINE_COSTS } from './engineCosts';
import { layerCounts, valuesOf } from './layerCounts';
import { plannedModel, type PricedPlan, type PricedEngine } from './plan';

/**
 * What a computation consists of. Matrix products are counted in floating-point operations, two for each
 * multiply–add; the rest in values that operations write, since what they cost is memory traffic.
 */
export interface Work {
  readonly matMul: number;
  /** Values written by elementwise operations of the layers. */
  readonly elementwise: number;
  /** Logits that go through softmax and cross-entropy. */
  readonly logits: number;
  /** Parameters that AdamW updates. */
  readonly updated: number;
}

/** B sequences of T tokens side by side. */
export interface BatchSize {
  readonly batch: number;
  readonly length: number;
}

const NO_WORK: Work = { matMul: 0, elementwise: 0, logits: 0, updated: 0 };

/** Everything in `parts`, each so many times. */
function total(...parts: readonly (readonly [times: number, work: Work])[]): Work {
  return parts.reduce(
    (sum, [times, work]): Work => ({
      matMul: sum.matMul + times * work.matMul,
      elementwise: sum.elementwise + times * work.elementwise,
      logits: sum.logits + times * work.logits,
      updated: sum.updated + times * work.updated,
    }),
    NO_WORK,
  );
}

/** Work in floating-point operations, each of its other parts at what it costs beside a matrix product. */
export function flopsOf(work: Work, engine: PricedEngine): number {
  const { elementwise, logits, updated } = ENGINE_COSTS[engine].flops;
  return work.matMul + elementwise * work.elementwise + logits * work.logits + updated * work.updated;
}

/** A forward pass through so many layers, with the losses of every predicted position. */
export function forwardWork(
  config: ModelConfig,
  size: BatchSize,
  layers: number,
  engine: PricedEngine,
): Work {
  return total([layers, layerForward(config, size, engine)], [1, headForward(config, size)]);
}

/** One optimiser step; undefined when nothing is trained. */
export function stepWork(plan: PricedPlan): Work | undefined {
  const { config, tune, engine } = plan;
  const { layers, trained, parametersTrained } = plannedModel(plan);
  const [lowest] = trained;
  if (lowest === undefined) {
    return undefined;
  }
  const size = { batch: tune.batchSize, length: tune.seqLen };
  const pass = total(
    [1, forwardWork(config, size, layers, engine)],
    // The gradient of its input, and in full mode that of its weights.
    [tune.full ? 2 : 1, headGradient(config, size)],
    [layers - lowest, layerInputGradient(config, size, engine)],
    [trained.length, layerWeightGradients(config, size, engine)],
  );
  return total([tune.gradAccum, pass], [1, update(parametersTrained)]);
}

/** A measurement of the importance of what trains, on so many sequences; undefined when nothing is trained. */
export function refreshWork(plan: PricedPlan, size: BatchSize): Work | undefined {
  const { config, engine } = plan;
  const { layers, trained } = plannedModel(plan);
  const [lowest] = trained;
  return lowest === undefined
    ? undefined
    : total(
        [1, forwardWork(config, size, layers, engine)],
        [1, headGradient(config, size)],
        [layers - lowest, layerInputGradient(config, size, engine)],
        [trained.length, layerWeightGradients(config, size, engine)],
      );
}

/** The losses of so many sequences of text, of the expanded model. */
export function evaluationWork(plan: PricedPlan, size: BatchSize): Work {
  return forwardWork(plan.config, size, plannedModel(plan).layers, plan.engine);
}

/** Stage 1 on `size`: importance of every layer, then of every unit. */
export function analysisWork(
  config: ModelConfig,
  size: BatchSize,
  mode: ImportanceMode,
  engine: PricedEngine,
): Work {
  const { numHiddenLayers: layers } = config;
  const forward = forwardWork(config, size, layers, engine);
  // Exact: each layer runs on the untouched states and on one variant per layer below it; every variant meets the head.
  const layerImportance =
    mode === 'fast'
      ? forward
      : total(
          [(layers * (layers + 1)) / 2, layerForward(config, size, engine)],
          [layers + 1, headForward(config, size)],
        );
  const unitImportance = total(
    [1, forward],
    [1, headGradient(config, size)],
    [layers, layerInputGradient(config, size, engine)],
    [layers, layerWeightGradients(config, size, engine)],
  );
  return total([1, layerImportance], [1, unitImportance]);
}

/** One layer's forward pass: its projections, and scores and mixing over all T² pairs, masked ones included. */
function layerForward(config: ModelConfig, size: BatchSize, engine: PricedEngine): Work {
  const elementwise = valuesOf(layerCounts(config, engine).elementwise.forward, config, size);
  return { ...NO_WORK, matMul: projections(config, size) + 2 * attentionProduct(config, size), elementwise };
}

/** The gradient of one layer's input: each projection once, and four products of T² where forward has two. */
function layerInputGradient(config: ModelConfig, size: BatchSize, engine: PricedEngine): Work {
  const elementwise = valuesOf(layerCounts(config, engine).elementwise.backward, config, size);
  return { ...NO_WORK, matMul: projections(config, size) + 4 * attentionProduct(config, size), elementwise };
}

/** The gradients of one layer's weights, beside that of its input. */
function layerWeightGradients(config: ModelConfig, size: BatchSize, engine: PricedEngine): Work {
  const elementwise = valuesOf(layerCounts(config, engine).elementwise.weights, config, size);
  return { ...NO_WORK, matMul: projections(config, size), elementwise };
}

/** Logits and losses of every predicted position: all but the last of each sequence. */
function headForward(config: ModelConfig, size: BatchSize): Work {
  const logits = size.batch * (size.length - 1) * config.vocabSize;
  return { ...NO_WORK, matMul: 2 * logits * config.hiddenSize, logits };
}

/** The gradient of the head's input, or that of its projection: one more product. */
function headGradient(config: ModelConfig, size: BatchSize): Work {
  return { ...headForward(config, size), logits: 0 };
}

function update(parameters: number): Work {
  return { ...NO_WORK, updated: parameters };
}

/** One product of every projection matrix with its [n, in] input. */
function projections(config: ModelConfig, { batch, length }: BatchSize): number {
  const weights = layerMatrices(config).reduce((sum, [out = 0, width = 0]) => sum + out * width, 0);
  return 2 * batch * length * weights;
}

/** One product of [T, headDim] and [headDim, T] for every head. */
function attentionProduct(config: ModelConfig, { batch, length }: BatchSize): number {
  return 2 * batch * config.numAttentionHeads * length ** 2 * config.headDim;
}
