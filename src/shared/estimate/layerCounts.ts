import { FAMILIES } from '../model/architecture';
import type { ModelConfig } from '../model/config';

/** So many arrays of each size that one layer makes of a batch of B×T; n = B·T. */
export interface Counts {
  /** [n, D] */
  readonly hidden: number;
  /** [n, H·headDim] */
  readonly queries: number;
  /** [n, K·headDim] */
  readonly keys: number;
  /** [n, F] */
  readonly mlp: number;
  /** [B·H, T, T] */
  readonly scores: number;
}

/** What one layer's pass makes: counted in the code of src/trainer/model/block.ts, attention.ts and primitives.ts. */
export interface LayerCounts {
  /** Kept from the forward pass for the backward pass: `BlockSaved`. */
  readonly saved: Counts;
  /** Alive at the end of a frozen layer's backward pass, which frees nothing before. */
  readonly backward: Counts;
  /** As `backward`, beside the gradients themselves, where weights are trained. */
  readonly trainedBackward: Counts;
  /** Of these, the outputs of elementwise operations, not of matrix products; alive or not. */
  readonly elementwise: { readonly forward: Counts; readonly backward: Counts; readonly weights: Counts };
}

const SAVED = { hidden: 2, queries: 2, keys: 2, mlp: 2, scores: 1 };
const BACKWARD = { hidden: 24, queries: 9, keys: 9, mlp: 9, scores: 4 };
const WEIGHTS = { hidden: 8, queries: 0, keys: 0, mlp: 3, scores: 0 };
const FORWARD_ELEMENTWISE = { hidden: 8, queries: 7, keys: 7, mlp: 3, scores: 2 };
const BACKWARD_ELEMENTWISE = { hidden: 19, queries: 7, keys: 7, mlp: 8, scores: 3 };

/** The head norms' share, in families that have them. */
const HEAD_NORMS = {
  saved: heads(1),
  forward: heads(3),
  backward: heads(7),
  weights: heads(1),
};

function heads(count: number): Counts {
  return { hidden: 0, queries: count, keys: count, mlp: 0, scores: 0 };
}

function sum(a: Counts, b: Counts): Counts {
  return {
    hidden: a.hidden + b.hidden,
    queries: a.queries + b.queries,
    keys: a.keys + b.keys,
    mlp: a.mlp + b.mlp,
    scores: a.scores + b.scores,
  };
}

/** The counts of every layer of this model. */
export function layerCounts(config: ModelConfig): LayerCounts {
  const { headNorms } = FAMILIES[config.family];
  const plus = (counts: Counts, part: keyof typeof HEAD_NORMS): Counts =>
    headNorms ? sum(counts, HEAD_NORMS[part]) : counts;
  const backward = plus(BACKWARD, 'backward');
  const weights = plus(WEIGHTS, 'weights');
  return {
    saved: plus(SAVED, 'saved'),
    backward,
    trainedBackward: sum(backward, weights),
    elementwise: {
      forward: plus(FORWARD_ELEMENTWISE, 'forward'),
      backward: plus(BACKWARD_ELEMENTWISE, 'backward'),
      weights,
    },
  };
}

/** How many values the counted arrays hold for `batch` sequences of `length` tokens. */
export function valuesOf(
  counts: Counts,
  config: ModelConfig,
  { batch, length }: { readonly batch: number; readonly length: number },
): number {
  const n = batch * length;
  return (
    n *
      (counts.hidden * config.hiddenSize +
        counts.queries * config.numAttentionHeads * config.headDim +
        counts.keys * config.numKeyValueHeads * config.headDim +
        counts.mlp * config.intermediateSize) +
    counts.scores * batch * config.numAttentionHeads * length ** 2
  );
}
