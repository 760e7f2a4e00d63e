import { parameterCount, parametersPerLayer } from '../../model/architecture';
import type { ModelConfig } from '../../model/config';

/** How layers are spread over ranks; python/adept_torch/sharding.py chooses when a model is opened. */
export type Sharding = 'none' | 'trained' | 'all';

/** Constants of python/adept_torch: sharding.py, opening.py and head.py. test/torch/plan.test.ts holds them against those. */
export const TORCH_COSTS = {
  /** Value, gradient and two moments of a parameter that trains, float32. */
  trainedBytes: 16,
  /** Of what is free, that weights may take. */
  share: 0.7,
  /** What a backward pass keeps of a layer for each position: multiples of D and F. */
  keptHidden: 14,
  keptMlp: 4,
  /** Values of a chunk of logits on a GPU. */
  chunkValues: 2 ** 27,
} as const;

/** bfloat16. */
export const WIDTH = 2;
/** The CUDA context and the libraries' own buffers, bytes; an assumption. */
const CONTEXT = 1.5e9;
/** Arrays of a chunk of logits that are alive at once: bfloat16, float32, their gradient and the softmax. */
const CHUNK_BYTES = 4 * 3.5;

/** What trains, and how much goes through at once. */
export interface RankLoad {
  readonly config: ModelConfig;
  /** Base layers with a copy, from 0. */
  readonly expanded: readonly number[];
  /** Whether everything trains instead. */
  readonly full: boolean;
  readonly seqLen: number;
}

/** Layers of the expanded model, and the lowest one that trains. */
export function depthOf({ config, expanded, full }: RankLoad): {
  readonly layers: number;
  readonly trained: number;
  readonly differentiated: number;
} {
  const layers = config.numHiddenLayers + (full ? 0 : expanded.length);
  const trained = full ? layers : expanded.length;
  // The copy lies directly above its source, with no other below it.
  const lowest = full ? 0 : Math.min(...expanded) + 1;
  return { layers, trained, differentiated: layers - lowest };
}

/** Whether embedding and head are in parts as well: shards_outer of sharding.py. */
export function shardsOuter({ full }: Pick<RankLoad, 'full'>, sharding: Sharding): boolean {
  return sharding === 'all' || (sharding === 'trained' && full);
}

/** Bytes of weights, gradients and moments that a rank holds: needed_bytes of sharding.py. */
export function weightBytes(load: RankLoad, sharding: Sharding, ranks: number): number {
  const { config, full } = load;
  const { layers, trained } = depthOf(load);
  const perLayer = parametersPerLayer(config);
  const outer = parameterCount({ ...config, numHiddenLayers: 0 });
  const own = TORCH_COSTS.trainedBytes + WIDTH;
  const frozen = Math.floor(((layers - trained) * perLayer * WIDTH) / (sharding === 'all' ? ranks : 1));
  return (
    Math.floor((outer * (full ? own : WIDTH)) / (shardsOuter(load, sharding) ? ranks : 1)) +
    frozen +
    Math.floor((trained * perLayer * own) / (sharding === 'none' ? 1 : ranks))
  );
}

/** Bytes that a backward pass of some sequences keeps, where nothing is computed again. */
export function keptBytes(load: RankLoad, sequences: number): number {
  const { config, seqLen } = load;
  const values = TORCH_COSTS.keptHidden * config.hiddenSize + TORCH_COSTS.keptMlp * config.intermediateSize;
  return sequences * seqLen * values * depthOf(load).differentiated * WIDTH;
}

export interface RankMemory {
  readonly weights: number;
  readonly activations: number;
  /** Logits of one chunk, what is gathered, and the CUDA context. */
  readonly other: number;
  readonly total: number;
}

/** The peak of one rank, bytes, with so many sequences at once. */
export function rankMemory(
  load: RankLoad,
  spread: { readonly sharding: Sharding; readonly ranks: number; readonly recompute: boolean },
  sequences: number,
): RankMemory {
  const { config, seqLen } = load;
  const weights = weightBytes(load, spread.sharding, spread.ranks);
  const { differentiated } = depthOf(load);
  const inputs = sequences * seqLen * config.hiddenSize * WIDTH * (differentiated + 4);
  const kept = keptBytes(load, sequences);
  const activations = spread.recompute ? inputs + kept / differentiated : kept;
  const rows = Math.min(sequences * seqLen, Math.ceil(TORCH_COSTS.chunkValues / config.vocabSize));
  const other = rows * config.vocabSize * CHUNK_BYTES + gatheredBytes(load, spread.sharding) + CONTEXT;
  return { weights, activations, other, total: weights + activations + other };
}

/** Two layers, and of a sharded embedding or head all of it, with its gradient and that in float32 where it trains. */
function gatheredBytes(load: RankLoad, sharding: Sharding): number {
  if (sharding === 'none') {
    return 0;
  }
  const { config, full } = load;
  const matrix = shardsOuter(load, sharding) ? config.vocabSize * config.hiddenSize : 0;
  return 2 * WIDTH * parametersPerLayer(config) + matrix * (full ? 2 * WIDTH + 4 : WIDTH);
}
