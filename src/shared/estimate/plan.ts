import { layerMatrices, parameterCount, parametersPerLayer } from '../model/architecture';
import type { ModelConfig } from '../model/config';
import { FUSED_KERNELS } from '../model/engineKernels';
import type { FrozenDtype } from '../settings/sharedSettings';
import type { TuneSettings } from '../settings/tuneSettings';

/**
 * The engines whose memory and time were measured (ENGINE_COSTS). `native` has the fused kernels, `composed` is the native
 * engine without them.
 */
export type PricedEngine = 'native' | 'composed' | 'wasm';

/** Which engine will compute: what memory and time depend on beside the model. Of torch nothing is known yet. */
export type PlannedEngine = PricedEngine | 'torch';

/** The planned engine that a description of an engine stands for; undefined where it names none. */
export function plannedEngine(described: {
  readonly engine?: string | undefined;
  readonly kernels?: string | undefined;
}): PlannedEngine | undefined {
  if (described.engine === 'native') {
    return described.kernels === FUSED_KERNELS ? 'native' : 'composed';
  }
  return described.engine === 'wasm' || described.engine === 'torch' ? described.engine : undefined;
}

/** How fast a machine computes, measured on this model. */
export interface MeasuredSpeed {
  /** Floating-point operations a second, those included that elementwise operations are worth; see work.ts. */
  readonly flopsPerSecond: number;
  /** What it was measured on; the plan's engine when left out. */
  readonly engine?: PricedEngine;
}

/** What a person is about to run. */
export interface Plan {
  /** The base model. */
  readonly config: ModelConfig;
  /** Base layers that get a trainable copy. */
  readonly expanded: readonly number[];
  readonly tune: Pick<TuneSettings, 'batchSize' | 'seqLen' | 'gradAccum' | 'full'>;
  readonly engine: PlannedEngine;
  /** How the matrices of layers that do not train lie in memory; float32 when left out. frozenDtype.ts says which it will be. */
  readonly frozen?: FrozenDtype | undefined;
  readonly speed?: MeasuredSpeed | undefined;
}

/** A plan for an engine whose costs are known. */
export interface PricedPlan extends Plan {
  readonly engine: PricedEngine;
}

export function isPriced(plan: Plan): plan is PricedPlan {
  return plan.engine !== 'torch';
}

/** The model that a plan tunes. */
export interface PlannedModel {
  readonly layers: number;
  /** Layers whose weights are trained, in order. */
  readonly trained: readonly number[];
  /** Layers that the first probe measures: the copies' sources, or everything that is trained. */
  readonly probed: readonly number[];
  readonly parametersPerLayer: number;
  readonly parametersAdded: number;
  /** With what was added. */
  readonly parameters: number;
  readonly parametersTrained: number;
  /** Parameters of the largest tensor that is trained. */
  readonly largestTrained: number;
  /** Parameters of all matrices of layers that do not train, and of the largest of them. */
  readonly frozenMatrices: number;
  readonly largestFrozen: number;
}

/** Where the copies come to lie, and what is trained: they, or with `full` everything. */
export function plannedModel({ config, expanded, tune }: Plan): PlannedModel {
  const sources = [...new Set(expanded)].sort((a, b) => a - b);
  const perLayer = parametersPerLayer(config);
  const parametersAdded = sources.length * perLayer;
  const parameters = parameterCount(config) + parametersAdded;
  const layers = config.numHiddenLayers + sources.length;
  // Each copy lies directly above its source, and every copy below pushes both up by one.
  const copies = sources.map((source, below) => source + below + 1);
  const every = Array.from({ length: layers }, (_, layer) => layer);
  const matrices = layerMatrices(config).map(([out = 0, width = 0]) => out * width);
  const matrix = Math.max(...matrices);
  const frozenLayers = tune.full ? 0 : config.numHiddenLayers;
  return {
    layers,
    trained: tune.full ? every : copies,
    probed: tune.full ? every : copies.map((copy) => copy - 1),
    parametersPerLayer: perLayer,
    parametersAdded,
    parameters,
    parametersTrained: tune.full ? parameters : parametersAdded,
    largestTrained: tune.full
      ? Math.max(matrix, config.hiddenSize * config.vocabSize)
      : sources.length > 0
        ? matrix
        : 0,
    frozenMatrices: frozenLayers * matrices.reduce((sum, size) => sum + size, 0),
    largestFrozen: frozenLayers > 0 ? matrix : 0,
  };
}
