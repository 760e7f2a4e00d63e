import type { Engine } from '../engine/engine';
import type { AttentionInputs, CachedLayout, FusedKernels } from '../engine/fusedKernels';
import type { Tensor } from '../engine/tensor';
import { ropeOf, type AttentionContext, type AttentionLayer, type KeyValues } from './attentionContext';
import type { Block } from './block';
import { KeyValueCache, type LayerKeyValues } from './keyValueCache';
import { plainLayer } from './plainLayer';

/** Room for so many tokens is added whenever it runs out. */
const ROOM = 128;

/**
 * Attention by one kernel, which writes a token's key and value into room that was made before: each row has its tokens one
 * after the other, whatever the length of its prompt, and nothing is hidden.
 */
export class FusedCache extends KeyValueCache {
  /** [B] of the token that is being read. */
  private at: Tensor | undefined;

  constructor(
    engine: Engine,
    private readonly fused: FusedKernels,
    lengths: readonly number[],
  ) {
    super(engine, lengths);
  }

  mask(): undefined {
    return undefined;
  }

  override appending(): KeyValues {
    const keyValues = super.appending();
    this.engine.dispose(this.at);
    this.at = this.engine.keep(this.engine.indices(Int32Array.from(this.positions), [this.rows]));
    return keyValues;
  }

  override forward(context: AttentionContext, block: Block, input: Tensor): Tensor {
    const plain = plainLayer(context.config, block);
    if (plain === undefined) {
      return super.forward(context, block, input);
    }
    return this.engine.tidy(() =>
      this.fused.plainLayer(input, plain, this.layout(context, block, this.keptOf(block))),
    );
  }

  override dispose(): void {
    super.dispose();
    this.engine.dispose(this.at);
  }

  protected attendToAll(
    context: AttentionContext,
    inputs: AttentionInputs,
    layer: AttentionLayer,
    before: LayerKeyValues,
  ): Tensor {
    return this.fused.cachedAttention(inputs, this.layout(context, layer, before));
  }

  private layout(context: AttentionContext, layer: AttentionLayer, before: LayerKeyValues): CachedLayout {
    const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, attentionCap: cap } = context.config;
    const { queries, keys } = ropeOf(context, layer);
    const kept = this.withRoom(layer, before);
    if (this.at === undefined) {
      throw new Error('No token is being read.');
    }
    return {
      ...{ heads, kvHeads, cap, queryRope: queries, keyRope: keys, window: layer.slidingWindow },
      ...{ keptKeys: kept.keys, keptValues: kept.values, positions: this.at },
    };
  }

  private withRoom(layer: AttentionLayer, before: LayerKeyValues): LayerKeyValues {
    const [heads = 0, capacity = 0, headDim = 0] = before.keys.shape;
    if (Math.max(...this.positions) < capacity) {
      return before;
    }
    const { engine } = this;
    const room = engine.zeros([heads, ROOM, headDim]);
    const kept = {
      keys: engine.concat([before.keys, room], 1),
      values: engine.concat([before.values, room], 1),
    };
    this.keep(layer, kept);
    return kept;
  }
}
