import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { ModelConfig } from '../../../shared/model/config';
import type { AttentionInputs, RopeTensors } from '../engine/fusedKernels';
import { QUERY_BLOCK } from '../../../shared/model/queryBlock';
import type { AttentionDocuments } from './documentTensors';
import { ropeTables } from './rope';

/** What attention needs to know of a batch, shared by all layers. */
export interface AttentionContext extends AttentionDocuments {
  readonly engine: Engine;
  readonly config: ModelConfig;
  /** B sequences of T tokens. */
  readonly batch: number;
  readonly length: number;
  readonly queryRope: RopeTensors;
  readonly keyRope: RopeTensors;
  /**
   * [1, rows, T]: 0 where the last `rows` queries may look, hugely negative elsewhere; by sliding window, undefined is
   * full. Good for shorter sequences too. Only where the engine has no attention of its own.
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
  const { headDim, rope } = config;
  const table = (scale: number): RopeTensors => {
    const { cosines, signedSines } = ropeTables(rope, headDim, { length, longest }, scale);
    const shape = [1, length, headDim];
    return {
      cosines: engine.keep(engine.tensor(cosines, shape)),
      signedSines: engine.keep(engine.tensor(signedSines, shape)),
    };
  };
  // The score's factor 1/√headDim rides on the query's rotation: one operation less per layer.
  return {
    engine,
    config,
    batch,
    length,
    queryRope: table(1 / Math.sqrt(headDim)),
    keyRope: table(1),
    masks: engine.fused ? new Map() : causalMasks(engine, config, length),
  };
}

export function disposeAttentionContext(context: AttentionContext): void {
  const { engine, queryRope, keyRope, masks } = context;
  engine.dispose(
    queryRope.cosines,
    queryRope.signedSines,
    keyRope.cosines,
    keyRope.signedSines,
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
