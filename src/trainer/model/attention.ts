import type { Engine, Tensor } from '../engine/engine';
import type { ModelConfig } from '../../shared/model/config';
import type { AttentionInputs, AttentionLayout, FusedKernels, RopeTensors } from '../engine/fusedKernels';
import { QUERY_BLOCK } from '../../shared/model/queryBlock';
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
  /**
   * [1, rows, T]: 0 where the last `rows` queries may look, hugely negative elsewhere; by sliding window, undefined is
   * full. Only where the engine has no attention of its own.
   */
  readonly masks: ReadonlyMap<number | undefined, Tensor>;
}

/** What the backward pass of attention needs beyond its output. */
export interface AttentionSaved {
  readonly tensors: readonly Tensor[];
  /** Gradients of the inputs, given attention's output and that one's gradient, both [n, H·headDim]. */
  backward(attended: Tensor, gradient: Tensor): AttentionInputs;
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
    engine.fused
      ? []
      : [...windows].map((window) => [window, engine.keep(causalMask(engine, length, window))] as const),
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

/**
 * A query at position t looks at positions (t − window, t]. What a query sees depends on distances alone, so the rows of
 * the last queries serve every block of them.
 */
function causalMask(engine: Engine, length: number, window: number | undefined): Tensor {
  const reach = window ?? length;
  const rows = Math.min(length, QUERY_BLOCK);
  const values = new Float32Array(rows * length).fill(MASKED);
  for (let row = 0; row < rows; row++) {
    const query = length - rows + row;
    values.fill(0, row * length + Math.max(0, query - reach + 1), row * length + query + 1);
  }
  return engine.tensor(values, [1, rows, length]);
}

/** The mask of a layer with this sliding window. */
function maskOf(context: AttentionContext, window: number | undefined): Tensor {
  const mask = context.masks.get(effectiveWindow(window, context.length));
  if (mask === undefined) {
    throw new Error(`No attention mask for window ${window ?? 'none'}.`);
  }
  return mask;
}

/** [B·T, heads·headDim] → [B·heads, T, headDim]. */
function splitHeads(context: AttentionContext, states: Tensor, heads: number): Tensor {
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
function applyRope(engine: Engine, states: Tensor, rope: RopeTensors): Tensor {
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

/**
 * RoPE, and softmax(q·kᵀ + mask)·v of every head: inputs [n, heads·headDim] → [n, H·headDim]. `inputs` stay the
 * caller's; what is saved may contain them.
 */
export function attention(
  context: AttentionContext,
  inputs: AttentionInputs,
  window: number | undefined,
): { attended: Tensor; saved: AttentionSaved } {
  return context.engine.fused
    ? fusedAttention(context, context.engine.fused, inputs, window)
    : composedAttention(context, inputs, window);
}

function fusedAttention(
  context: AttentionContext,
  fused: FusedKernels,
  inputs: AttentionInputs,
  window: number | undefined,
): { attended: Tensor; saved: AttentionSaved } {
  const { config, queryRope, keyRope } = context;
  const layout: AttentionLayout = {
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    queryRope,
    keyRope,
    window: effectiveWindow(window, context.length),
  };
  const { attended, normalizers } = fused.attention(inputs, layout);
  return {
    attended,
    saved: {
      tensors: [inputs.queries, inputs.keys, inputs.values, normalizers],
      backward: (output, gradient) =>
        fused.attentionGradient(inputs, layout, { attended: output, normalizers }, gradient),
    },
  };
}

/** Heads apart, after RoPE: queries [B·H, T, headDim] scaled by 1/√headDim, keys and values [B·K, T, headDim]. */
interface Heads {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

function composedAttention(
  context: AttentionContext,
  inputs: AttentionInputs,
  window: number | undefined,
): { attended: Tensor; saved: AttentionSaved } {
  const { engine, config, queryRope, keyRope } = context;
  const { numAttentionHeads, numKeyValueHeads } = config;
  const heads: Heads = {
    queries: applyRope(engine, splitHeads(context, inputs.queries, numAttentionHeads), queryRope),
    keys: applyRope(engine, splitHeads(context, inputs.keys, numKeyValueHeads), keyRope),
    values: splitHeads(context, inputs.values, numKeyValueHeads),
  };
  const blocks = queryBlocks(context, window);
  const parts = blocks.map((block) =>
    engine.tidy(() => {
      const weights = attentionWeights(context, heads, block);
      const values = keysOf(engine, heads.values, block);
      const output = engine.reshape(engine.matMul(weights, values), rowsShape(context, block));
      // The weights of a single block are small enough to keep; those of many are computed again.
      return blocks.length === 1 ? { output, weights } : { output };
    }),
  );
  const attended = mergeHeads(
    context,
    joined(
      engine,
      parts.map(({ output }) => output),
    ),
    numAttentionHeads,
  );
  const [kept] = parts.map(({ weights }) => weights);
  return {
    attended,
    saved: {
      tensors: [heads.queries, heads.keys, heads.values, ...(kept ? [kept] : [])],
      backward: (_attended, gradient) => composedBackward(context, heads, blocks, kept, gradient),
    },
  };
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

/** Softmax(q·kᵀ + mask), [B·K, G·rows, keys]. */
function attentionWeights(context: AttentionContext, heads: Heads, block: QueryBlock): Tensor {
  const { engine, length } = context;
  const { begin, end, firstKey, mask } = block;
  const scores = engine.matMul(grouped(context, heads.queries, block), keysOf(engine, heads.keys, block), {
    transposeB: true,
  });
  const rows = end - begin;
  const keys = end - firstKey;
  const [, maskRows = 0] = mask.shape;
  const seen =
    rows === maskRows && keys === length
      ? mask
      : engine.slice(mask, [0, maskRows - rows, length - keys], [1, rows, keys]);
  // One mask serves all G queries of a group: the scores are seen as G times as many matrices for a moment.
  const perHead = engine.add(engine.reshape(scores, [-1, rows, keys]), seen);
  return engine.reshape(engine.softmax(perHead), scores.shape);
}

function composedBackward(
  context: AttentionContext,
  heads: Heads,
  blocks: readonly QueryBlock[],
  kept: Tensor | undefined,
  gradient: Tensor,
): AttentionInputs {
  const { engine, config, queryRope, keyRope } = context;
  const { numAttentionHeads, numKeyValueHeads } = config;
  const headGradients = splitHeads(context, gradient, numAttentionHeads);
  const queryParts: Tensor[] = [];
  let keys: Tensor | undefined;
  let values: Tensor | undefined;
  for (const block of blocks) {
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
    queries: mergeHeads(context, applyRopeBackward(engine, queries, queryRope), numAttentionHeads),
    keys: mergeHeads(context, applyRopeBackward(engine, keys, keyRope), numKeyValueHeads),
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
  const { engine } = context;
  const keys = keysOf(engine, heads.keys, block);
  const weightGradient = engine.matMul(gradient, keysOf(engine, heads.values, block), { transposeB: true });
  const weighted = engine.mul(weightGradient, weights);
  const scoreGradient = engine.sub(weighted, engine.mul(weights, engine.sum(weighted, 2, true)));
  return {
    queries: engine.matMul(scoreGradient, keys),
    keys: engine.matMul(scoreGradient, grouped(context, heads.queries, block), { transposeA: true }),
    values: engine.matMul(weights, gradient, { transposeA: true }),
  };
}
