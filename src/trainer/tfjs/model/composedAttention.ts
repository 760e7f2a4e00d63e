import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { AttentionInputs, RopeTensors } from '../engine/fusedKernels';
import { QUERY_BLOCK } from '../../../shared/model/queryBlock';
import { softCap, softCapBackward } from './softCap';
import { ropeOf, type AttentionContext, type AttentionLayer, type AttentionSaved } from './attentionContext';

/** The mask of a layer with this sliding window. */
function maskOf(context: AttentionContext, window: number | undefined): Tensor {
  const mask = context.masks.get(window);
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
function mergeHeads(context: AttentionContext, states: Tensor, heads: number): Tensor {
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
function applyRopeBackward(engine: Engine, gradient: Tensor, rope: RopeTensors): Tensor {
  return engine.sub(
    engine.mul(gradient, rope.cosines),
    engine.mul(swapHalves(engine, gradient), rope.signedSines),
  );
}

/** Heads apart, after RoPE: queries [B·H, T, headDim] scaled by 1/√headDim, keys and values [B·K, T, headDim]. */
interface Heads {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What the backward pass needs of a forward pass. */
export interface ComposedSaved {
  readonly heads: Heads;
  readonly layer: AttentionLayer;
  /** [B·K, G·T, T]; undefined where they are computed again. */
  readonly weights?: Tensor | undefined;
}

export function savedTensors({ heads, weights }: ComposedSaved): Tensor[] {
  return [heads.queries, heads.keys, heads.values, ...(weights ? [weights] : [])];
}

/** Attention of an engine that has none of its own, over whole rows. */
export function composedAttention(
  context: AttentionContext,
  inputs: AttentionInputs,
  layer: AttentionLayer,
): { attended: Tensor; saved: AttentionSaved } {
  const { attended, saved } = composedForward(context, inputs, layer, context.length <= QUERY_BLOCK);
  return {
    attended,
    saved: {
      tensors: savedTensors(saved),
      backward: (_attended, gradient) => composedBackward(context, saved, gradient),
    },
  };
}

/**
 * Attended values [B·T, H·headDim] and what {@link composedBackward} needs.
 * @param keepWeights of a single block, which are small enough to keep; those of many are computed again
 */
export function composedForward(
  context: AttentionContext,
  inputs: AttentionInputs,
  layer: AttentionLayer,
  keepWeights: boolean,
): { attended: Tensor; saved: ComposedSaved } {
  const { engine, config } = context;
  const { numAttentionHeads, numKeyValueHeads } = config;
  const rope = ropeOf(context, layer);
  const heads: Heads = {
    queries: applyRope(engine, splitHeads(context, inputs.queries, numAttentionHeads), rope.queries),
    keys: applyRope(engine, splitHeads(context, inputs.keys, numKeyValueHeads), rope.keys),
    values: splitHeads(context, inputs.values, numKeyValueHeads),
  };
  const blocks = queryBlocks(context, layer.slidingWindow);
  const parts = blocks.map((block) =>
    engine.tidy(() => {
      const weights = attentionWeights(context, heads, block);
      const values = keysOf(engine, heads.values, block);
      const output = engine.reshape(engine.matMul(weights, values), rowsShape(context, block));
      return keepWeights && blocks.length === 1 ? { output, weights } : { output };
    }),
  );
  const outputs = parts.map(({ output }) => output);
  const attended = mergeHeads(context, joined(engine, outputs), numAttentionHeads);
  const [weights] = parts.map((part) => part.weights);
  return { attended, saved: { heads, layer, weights } };
}

/** Queries [begin, end) of every head, the first key that one of them sees, and their rows of the mask. */
interface QueryBlock {
  readonly begin: number;
  readonly end: number;
  readonly firstKey: number;
  readonly mask: Tensor;
}

/** Blocks from the end on, so that only the first can be short. */
function queryBlocks(context: AttentionContext, window: number | undefined): QueryBlock[] {
  const { length } = context;
  const mask = maskOf(context, window);
  const blocks: QueryBlock[] = [];
  for (let end = length; end > 0; end -= QUERY_BLOCK) {
    const begin = Math.max(0, end - QUERY_BLOCK);
    const firstKey = window === undefined ? 0 : Math.max(0, begin - window + 1);
    blocks.unshift({ begin, end, firstKey, mask });
  }
  return blocks;
}

/** [B·H, rows, headDim]. */
function rowsShape({ batch, config }: AttentionContext, { begin, end }: QueryBlock): number[] {
  return [batch * config.numAttentionHeads, end - begin, config.headDim];
}

/** The part of [n, T, width] along T that lies in [begin, end). */
function positions(engine: Engine, states: Tensor, begin: number, end: number): Tensor {
  const [n = 0, length = 0, width = 0] = states.shape;
  return begin === 0 && end === length
    ? states
    : engine.slice(states, [0, begin, 0], [n, end - begin, width]);
}

function keysOf(engine: Engine, states: Tensor, { firstKey, end }: QueryBlock): Tensor {
  return positions(engine, states, firstKey, end);
}

/** A block's rows [B·H, rows, headDim] as [B·K, G·rows, headDim]: a group's queries lie one after the other, so no key is repeated. */
function grouped(context: AttentionContext, states: Tensor, block: QueryBlock): Tensor {
  const { engine, batch, config } = context;
  const { numAttentionHeads, numKeyValueHeads, headDim } = config;
  const rows = (numAttentionHeads / numKeyValueHeads) * (block.end - block.begin);
  return engine.reshape(positions(engine, states, block.begin, block.end), [
    batch * numKeyValueHeads,
    rows,
    headDim,
  ]);
}

/** q·kᵀ, [B·K, G·rows, keys]. */
function rawScores(context: AttentionContext, heads: Heads, block: QueryBlock): Tensor {
  const { engine } = context;
  const queries = grouped(context, heads.queries, block);
  return engine.matMul(queries, keysOf(engine, heads.keys, block), { transposeB: true });
}

/** Softmax(q·kᵀ + mask), [B·K, G·rows, keys]; the scores bounded where the family bounds them. */
function attentionWeights(context: AttentionContext, heads: Heads, block: QueryBlock): Tensor {
  const { engine, config } = context;
  const { begin, end, firstKey, mask } = block;
  const raw = rawScores(context, heads, block);
  const scores = config.attentionCap === undefined ? raw : softCap(engine, raw, config.attentionCap);
  const rows = end - begin;
  const keys = end - firstKey;
  const [, maskRows = 0, maskKeys = 0] = mask.shape;
  const seen =
    rows === maskRows && keys === maskKeys
      ? mask
      : engine.slice(mask, [0, maskRows - rows, maskKeys - keys], [1, rows, keys]);
  // One mask serves all G queries of a group: the scores are seen as G times as many matrices for a moment.
  const perHead = engine.add(engine.reshape(scores, [-1, rows, keys]), seen);
  return engine.reshape(engine.softmax(perHead), scores.shape);
}

/** Gradients of the inputs, given that of the attended values, all [B·T, heads·headDim]. */
export function composedBackward(
  context: AttentionContext,
  { heads, layer, weights: kept }: ComposedSaved,
  gradient: Tensor,
): AttentionInputs {
  const { engine, config } = context;
  const { numAttentionHeads, numKeyValueHeads } = config;
  const rope = ropeOf(context, layer);
  const headGradients = splitHeads(context, gradient, numAttentionHeads);
  const queryParts: Tensor[] = [];
  let keys: Tensor | undefined;
  let values: Tensor | undefined;
  for (const block of queryBlocks(context, layer.slidingWindow)) {
    const part = engine.tidy(() => {
      const weights = kept ?? attentionWeights(context, heads, block);
      const back = attendBackward(context, heads, block, weights, grouped(context, headGradients, block));
      return {
        queries: engine.reshape(back.queries, rowsShape(context, block)),
        keys: added(context, keys, back.keys, block),
        values: added(context, values, back.values, block),
      };
    });
    engine.dispose(keys, values);
    ({ keys, values } = part);
    queryParts.push(part.queries);
  }
  if (keys === undefined || values === undefined) {
    throw new Error('Attention over no positions has no gradient.');
  }
  const queries = joined(engine, queryParts);
  return {
    queries: mergeHeads(context, applyRopeBackward(engine, queries, rope.queries), numAttentionHeads),
    keys: mergeHeads(context, applyRopeBackward(engine, keys, rope.keys), numKeyValueHeads),
    values: mergeHeads(context, values, numKeyValueHeads),
  };
}

/** The sum over blocks so far, [B·K, T, headDim], and a block's part of it along T. */
function added(
  context: AttentionContext,
  sofar: Tensor | undefined,
  part: Tensor,
  { firstKey, end }: QueryBlock,
): Tensor {
  const { engine, length } = context;
  const [n = 0, , width = 0] = part.shape;
  const zeros = (rows: number): Tensor[] => (rows === 0 ? [] : [engine.zeros([n, rows, width])]);
  const whole = joined(engine, [...zeros(firstKey), part, ...zeros(length - end)]);
  return sofar === undefined ? whole : engine.add(sofar, whole);
}

/** Along positions. */
function joined(engine: Engine, parts: readonly Tensor[]): Tensor {
  const [only] = parts;
  return parts.length === 1 && only ? only : engine.concat(parts, 1);
}

/** Gradients of a block's queries, and of the keys and values that it sees; `gradient` [B·K, G·rows, headDim]. */
function attendBackward(
  context: AttentionContext,
  heads: Heads,
  block: QueryBlock,
  weights: Tensor,
  gradient: Tensor,
): Heads {
  const { engine, config } = context;
  const keys = keysOf(engine, heads.keys, block);
  const weightGradient = engine.matMul(gradient, keysOf(engine, heads.values, block), { transposeB: true });
  const weighted = engine.mul(weightGradient, weights);
  const capped = engine.sub(weighted, engine.mul(weights, engine.sum(weighted, 2, true)));
  const scoreGradient =
    config.attentionCap === undefined
      ? capped
      : softCapBackward(engine, rawScores(context, heads, block), config.attentionCap, capped);
  return {
    queries: engine.matMul(scoreGradient, keys),
    keys: engine.matMul(scoreGradient, grouped(context, heads.queries, block), { transposeA: true }),
    values: engine.matMul(weights, gradient, { transposeA: true }),
  };
}
