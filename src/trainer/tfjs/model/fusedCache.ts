import type { RowReading } from '../../executor/requests';
import type { Engine } from '../engine/engine';
import type { AttentionInputs, CachedLayout, FusedKernels, TokenPositions } from '../engine/fusedKernels';
import type { Tensor } from '../engine/tensor';
import { ropeOf, type AttentionContext, type AttentionLayer, type KeyValues } from './attentionContext';
import type { Block } from './block';
import { KeyValueCache, type LayerKeyValues } from './keyValueCache';
import { plainLayer } from './plainLayer';

/** Room for so many tokens is added whenever it runs out. */
const ROOM = 128;

/**
 * Attention by one kernel, which writes keys and values of tokens into room that was made before: each row has its tokens one
 * after the other, whatever the length of its prompt, and a token sees those before it. So a row may read several tokens, and
 * what it forgets is written over.
 */
export class FusedCache extends KeyValueCache {
  /** Of the tokens that are being read. */
  private tokenPositions: TokenPositions | undefined;
  private located: readonly { readonly sequence: number; readonly position: number }[] = [];

  /** @param lengths [B] tokens of each row */
  constructor(
    engine: Engine,
    private readonly fused: FusedKernels,
    private lengths: readonly number[],
  ) {
    super(engine, lengths.length);
  }

  override get positions(): number[] {
    return this.located.map(({ position }) => position);
  }

  override mask(): undefined {
    return undefined;
  }

  override appending(): KeyValues {
    this.freePositions();
    const { engine, located } = this;
    const kept = (values: Int32Array): Tensor => engine.keep(engine.indices(values, [values.length]));
    this.tokenPositions = {
      sequences: kept(Int32Array.from(located, ({ sequence }) => sequence)),
      positions: kept(Int32Array.from(located, ({ position }) => position)),
    };
    return super.appending();
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
    this.freePositions();
  }

  protected override locate(readings: readonly RowReading[]): void {
    const begins = readings.map(({ row, forget }) => (this.lengths[row] ?? 0) - forget);
    this.lengths = readings.map(({ tokens }, sequence) => (begins[sequence] ?? 0) + tokens.length);
    this.located = readings.flatMap(({ tokens }, sequence) =>
      tokens.map((_, at) => ({ sequence, position: (begins[sequence] ?? 0) + at })),
    );
  }

  private freePositions(): void {
    this.engine.dispose(this.tokenPositions?.sequences, this.tokenPositions?.positions);
    this.tokenPositions = undefined;
  }

  protected override attendToAll(
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
    if (this.tokenPositions === undefined) {
      throw new Error('No token is being read.');
    }
    return {
      ...{ heads, kvHeads, cap, queryRope: queries, keyRope: keys, window: layer.slidingWindow },
      ...{ keptKeys: kept.keys, keptValues: kept.values, tokenPositions: this.tokenPositions },
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
