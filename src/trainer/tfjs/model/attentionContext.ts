import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { ModelConfig } from '../../../shared/model/config';
import type { Rope } from '../../../shared/model/ropeConfig';
import type { AttentionInputs, FusedKernels, RopeTensors } from '../engine/fusedKernels';
import { QUERY_BLOCK } from '../../../shared/model/queryBlock';
import type { AttentionDocuments } from './documentTensors';
import { ropeTables, type RopeRequest } from './rope';

/** What attention needs to know of a batch, shared by all layers. */
export interface AttentionContext extends AttentionDocuments {
  readonly engine: Engine;
  readonly config: ModelConfig;
  /** B sequences of T tokens. */
  readonly batch: number;
  readonly length: number;
  /** By the rotation of a layer; undefined is that of layers without one. */
  readonly ropes: ReadonlyMap<Rope | undefined, LayerRope>;
  /** Only where the engine has an attention of its own that computes this model's. */
  readonly fused?: FusedKernels | undefined;
  /**
   * [1, rows, T]: 0 where the last `rows` queries may look, hugely negative elsewhere; by sliding window, undefined is
   * full. Good for shorter sequences too. Only where attention is composed.
   */
  readonly masks: ReadonlyMap<number | undefined, Tensor>;
  /** Where keys and values are kept of what is read, and looked up; only while tokens are generated. */
  readonly keyValues?: KeyValues | undefined;
}

/** What attention leaves and finds of the positions before. */
export interface KeyValues {
  /** RoPE and attention of a layer, as src/trainer/tfjs/model/attention.ts describes them: [n, heads·headDim] → [n, H·headDim]. */
  attend(context: AttentionContext, inputs: AttentionInputs, layer: AttentionLayer): Tensor;
}

/** What sets the attention of one layer apart from others. */
export interface AttentionLayer {
  /** How many positions a query sees, itself included; undefined is all before it. */
  readonly slidingWindow: number | undefined;
  readonly rope: Rope | undefined;
}

/** Rotations of queries, which the scores' scale rides on, and of keys. */
export interface LayerRope {
  readonly queries: RopeTensors;
  readonly keys: RopeTensors;
}

/** The rotation of a layer. */
export function ropeOf(context: AttentionContext, { rope }: AttentionLayer): LayerRope {
  const tables = context.ropes.get(rope);
  if (tables === undefined) {
    throw new Error('A layer has a rotation that no table was made of.');
  }
  return tables;
}

/** The same rotation of the first `length` positions, from tables [1, T, headDim] of at least as many. */
export function firstPositions(
  { engine, config }: AttentionContext,
  { queries, keys }: LayerRope,
  length: number,
): LayerRope {
  const first = (table: Tensor): Tensor => engine.slice(table, [0, 0, 0], [1, length, config.headDim]);
  const shortened = ({ cosines, signedSines }: RopeTensors): RopeTensors => ({
    cosines: first(cosines),
    signedSines: first(signedSines),
  });
  return { queries: shortened(queries), keys: shortened(keys) };
}

/** The engine's own attention, where it computes this model's: it knows no cap of scores. */
export function fusedAttentionOf(
  { fused }: Pick<Engine, 'fused'>,
  { attentionCap }: Pick<ModelConfig, 'attentionCap'>,
): FusedKernels | undefined {
  return attentionCap === undefined ? fused : undefined;
}

/** What the backward pass of attention needs beyond its output. */
export interface AttentionSaved {
  readonly tensors: readonly Tensor[];
  /** Gradients of the inputs, given attention's output and that one's gradient, both [n, H·headDim]. */
  backward(attended: Tensor, gradient: Tensor): AttentionInputs;
}

/** Added to scores of what is not seen. Finite, so that 0 · mask stays 0; large enough that exp() of it is exactly 0. */
export const MASKED = -1e30;

/**
 * Builds what is shared by all layers for batches of B×T; freed by {@link disposeAttentionContext}.
 * @param longest positions of the longest document, which some rotations go by
 */
export function attentionContext(
  engine: Engine,
  config: ModelConfig,
  batch: number,
  { length, longest }: { readonly length: number; readonly longest: number },
): AttentionContext {
  const fused = fusedAttentionOf(engine, config);
  const positions = Int32Array.from({ length }, (_, position) => position);
  return {
    ...{ engine, config, batch, length, fused },
    ropes: layerRopes(engine, config, { positions, longest, shape: [1, length, config.headDim] }),
    masks: fused ? new Map() : causalMasks(engine, config, length),
  };
}

/** Rotations of some positions, for every kind of layer; freed by {@link disposeAttentionContext}. */
export function layerRopes(
  engine: Engine,
  { ropes, headDim, attentionScale }: ModelConfig,
  { shape, ...rotated }: RopePositions,
): Map<Rope | undefined, LayerRope> {
  const table = (rope: Rope | undefined, queryScale?: number): RopeTensors => {
    const request = { ...rotated, headDim, ...(queryScale === undefined ? {} : { queryScale }) };
    const { cosines, signedSines } = ropeTables(rope, request);
    return {
      cosines: engine.keep(engine.tensor(cosines, shape)),
      signedSines: engine.keep(engine.tensor(signedSines, shape)),
    };
  };
  // The scores' scale rides on the query's rotation: one operation less per layer.
  return new Map(
    [...new Set(ropes)].map((rope) => [rope, { queries: table(rope, attentionScale), keys: table(rope) }]),
  );
}

/** Which positions are rotated, and the shape in which their tables are used. */
interface RopePositions extends Pick<RopeRequest, 'positions' | 'longest'> {
  readonly shape: readonly number[];
}

export function disposeAttentionContext({ engine, ropes, masks }: AttentionContext): void {
  const tables = [...ropes.values()].flatMap(({ queries, keys }) => [queries, keys]);
  engine.dispose(
    ...tables.flatMap(({ cosines, signedSines }) => [cosines, signedSines]),
    ...new Set(masks.values()),
  );
}

/** The mask of every window that a layer has; a window as long as the sequence masks nothing and shares the full mask. */
function causalMasks(
  engine: Engine,
  { slidingWindows }: ModelConfig,
  length: number,
): Map<number | undefined, Tensor> {
  const byReach = new Map<number, Tensor>();
  const masks = new Map<number | undefined, Tensor>();
  for (const window of slidingWindows) {
    const reach = Math.min(window ?? length, length);
    const mask = byReach.get(reach) ?? engine.keep(causalMask(engine, length, reach));
    byReach.set(reach, mask);
    masks.set(window, mask);
  }
  return masks;
}

/**
 * A query at position t looks at positions (t − reach, t]. What a query sees depends on distances alone, so the rows of
 * the last queries serve every block of them.
 */
function causalMask(engine: Engine, length: number, reach: number): Tensor {
  const rows = Math.min(length, QUERY_BLOCK);
  const values = new Float32Array(rows * length).fill(MASKED);
  for (let row = 0; row < rows; row++) {
    const query = length - rows + row;
    values.fill(0, row * length + Math.max(0, query - reach + 1), row * length + query + 1);
  }
  return engine.tensor(values, [1, rows, length]);
}
