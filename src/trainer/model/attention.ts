import type { Engine, Tensor } from '../engine/engine';
import type { ModelConfig } from '../../shared/model/config';
import { ropeTables } from './rope';

/** What attention needs to know of a batch, shared by all layers. */
export interface AttentionContext {
  readonly engine: Engine;
  readonly config: ModelConfig;
  /** B sequences of T tokens. */
  readonly batch: number;
  readonly length: number;
  readonly queryRope: RopeTensors;
  readonly keyRope: RopeTensors;
  /** [1, T, T]: 0 where a query may look, hugely negative elsewhere; by sliding window, undefined is full. */
  readonly masks: ReadonlyMap<number | undefined, Tensor>;
}

export interface RopeTensors {
  readonly cosines: Tensor;
  readonly signedSines: Tensor;
}

/** What the backward pass of attention needs: queries and keys after RoPE, values, and the attention weights. */
export interface AttentionSaved {
  /** [B·K, G·T, headDim], scaled by 1/√headDim. */
  readonly queries: Tensor;
  /** [B·K, T, headDim]. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** [B·K, G·T, T]. */
  readonly probabilities: Tensor;
}

// Finite, so that 0 · mask stays 0; large enough that exp() of it is exactly 0 beside the diagonal.
const MASKED = -1e30;

/** Builds what is shared by all layers for batches of B×T; freed by {@link disposeAttentionContext}. */
export function attentionContext(
  engine: Engine,
  config: ModelConfig,
  batch: number,
  length: number,
): AttentionContext {
  const { headDim, rope } = config;
  const table = (scale: number): RopeTensors => {
    const { cosines, signedSines } = ropeTables(rope, headDim, length, scale);
    const shape = [1, length, headDim];
    return {
      cosines: engine.keep(engine.tensor(cosines, shape)),
      signedSines: engine.keep(engine.tensor(signedSines, shape)),
    };
  };
  // A window as long as the sequence masks nothing: it shares the full mask.
  const windows = new Set(config.slidingWindows.map((window) => effectiveWindow(window, length)));
  const masks = new Map(
    [...windows].map((window) => [window, engine.keep(causalMask(engine, length, window))]),
  );
  // The score's factor 1/√headDim rides on the query's rotation: one operation less per layer.
  return {
    engine,
    config,
    batch,
    length,
    queryRope: table(1 / Math.sqrt(headDim)),
    keyRope: table(1),
    masks,
  };
}

export function disposeAttentionContext(context: AttentionContext): void {
  const { engine, queryRope, keyRope, masks } = context;
  engine.dispose(
    queryRope.cosines,
    queryRope.signedSines,
    keyRope.cosines,
    keyRope.signedSines,
    ...masks.values(),
  );
}

function effectiveWindow(window: number | undefined, length: number): number | undefined {
  return window === undefined || window >= length ? undefined : window;
}

/** A query at position t looks at positions (t − window, t]. */
function causalMask(engine: Engine, length: number, window: number | undefined): Tensor {
  const reach = window ?? length;
  const rows = new Float32Array(length * length).fill(MASKED);
  for (let query = 0; query < length; query++) {
    rows.fill(0, query * length + Math.max(0, query - reach + 1), query * length + query + 1);
  }
  return engine.tensor(rows, [1, length, length]);
}

/** The mask of a layer with this sliding window. */
export function maskOf(context: AttentionContext, window: number | undefined): Tensor {
  const mask = context.masks.get(effectiveWindow(window, context.length));
  if (mask === undefined) {
    throw new Error(`No attention mask for window ${window ?? 'none'}.`);
  }
  return mask;
}

/** [B·T, heads·headDim] → [B·heads, T, headDim]. */
export function splitHeads(context: AttentionContext, states: Tensor, heads: number): Tensor {
  const { engine, batch, length, config } = context;
  const split = engine.reshape(states, [batch, length, heads, config.headDim]);
  return engine.reshape(engine.transpose(split, [0, 2, 1, 3]), [batch * heads, length, config.headDim]);
}

/** [B·heads, T, headDim] → [B·T, heads·headDim]. */
export function mergeHeads(context: AttentionContext, states: Tensor, heads: number): Tensor {
  const { engine, batch, length, config } = context;
  const split = engine.reshape(states, [batch, heads, length, config.headDim]);
  return engine.reshape(engine.transpose(split, [0, 2, 1, 3]), [batch * length, heads * config.headDim]);
}

/** The halves of the last axis exchanged: the permutation in RoPE's rotate_half, without its sign. */
function swapHalves(engine: Engine, states: Tensor): Tensor {
  const [n = 0, length = 0, width = 0] = states.shape;
  const half = width / 2;
  const size = [n, length, half];
  return engine.concat([engine.slice(states, [0, 0, half], size), engine.slice(states, [0, 0, 0], size)], 2);
}

/** y = x∘cos + swap(x)∘sin, states [n, T, headDim]. */
export function applyRope(engine: Engine, states: Tensor, rope: RopeTensors): Tensor {
  return engine.add(
    engine.mul(states, rope.cosines),
    engine.mul(swapHalves(engine, states), rope.signedSines),
  );
}

/** The transpose of {@link applyRope}: dx = dy∘cos − swap(dy)∘sin, since swapping negates the signed sines. */
export function applyRopeBackward(engine: Engine, gradient: Tensor, rope: RopeTensors): Tensor {
  return engine.sub(
    engine.mul(gradient, rope.cosines),
    engine.mul(swapHalves(engine, gradient), rope.signedSines),
  );
}

/** Softmax(q·kᵀ + mask)·v per KV head; the G queries of a group lie one after the other, so no key is repeated. */
export function attend(
  engine: Engine,
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  mask: Tensor,
): { output: Tensor; probabilities: Tensor } {
  const scores = engine.matMul(queries, keys, { transposeB: true });
  const [, rows = 0, length = 1] = scores.shape;
  // One [T, T] mask serves all G queries of a group: the scores are seen as G times as many matrices for a moment.
  const perHead = engine.reshape(scores, [-1, length, length]);
  const probabilities = engine.reshape(engine.softmax(engine.add(perHead, mask)), [-1, rows, length]);
  return { output: engine.matMul(probabilities, values), probabilities };
}

/** Gradients of {@link attend} for `gradient` [B·K, G·T, headDim]. */
export function attendBackward(
  engine: Engine,
  saved: AttentionSaved,
  gradient: Tensor,
): { queries: Tensor; keys: Tensor; values: Tensor } {
  const { queries, keys, values, probabilities } = saved;
  const weightGradient = engine.matMul(gradient, values, { transposeB: true });
  const weighted = engine.mul(weightGradient, probabilities);
  const scoreGradient = engine.sub(weighted, engine.mul(probabilities, engine.sum(weighted, 2, true)));
  return {
    queries: engine.matMul(scoreGradient, keys),
    keys: engine.matMul(scoreGradient, queries, { transposeA: true }),
    values: engine.matMul(probabilities, gradient, { transposeA: true }),
  };
}
