import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { attention } from './attention';
import { blockForward, type Block } from './block';
import { ropeOf, type AttentionContext, type AttentionLayer, type KeyValues } from './attentionContext';
import type { AttentionInputs } from '../engine/fusedKernels';
import { applyRope, splitHeads } from './composedAttention';

/** Of one layer, [B·K, S, headDim] each; keys after rotation. */
export interface LayerKeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Keys and values of the positions that were read: prompts first, filled up on the right to the longest, and then one more
 * of every row for each token that was read since.
 */
export abstract class KeyValueCache {
  private readonly layers = new Map<AttentionLayer, LayerKeyValues>();
  /** Tokens read since the prompts. */
  protected decoded = 0;
  /** Positions that prompts take, S of them before anything else is read. */
  protected readonly width: number;

  /** @param lengths [B] tokens of each prompt */
  constructor(
    protected readonly engine: Engine,
    protected lengths: readonly number[],
  ) {
    this.width = Math.max(...lengths);
  }

  /** RoPE and attention of one token in every row: [B, heads·headDim] → [B, H·headDim]. */
  protected abstract attendToAll(
    context: AttentionContext,
    inputs: AttentionInputs,
    layer: AttentionLayer,
    kept: LayerKeyValues,
  ): Tensor;

  /** A layer for one token in every row, [B, D]. */
  forward(context: AttentionContext, block: Block, input: Tensor): Tensor {
    return blockForward(context, block, input);
  }

  /** What is added to scores, [B, 1, S]; undefined where everything that is kept is seen. */
  abstract mask(window: number | undefined): Float32Array | undefined;

  get rows(): number {
    return this.lengths.length;
  }

  /** [B] where the token read last stands. */
  get positions(): number[] {
    return this.lengths.map((length) => length + this.decoded - 1);
  }

  /** For the forward pass of the prompts: keeps what the layers make of them. */
  filling(): KeyValues {
    return {
      attend: (context, inputs, layer) => {
        const { numKeyValueHeads } = context.config;
        const { engine } = this;
        const kept = engine.tidy(() => ({
          keys: applyRope(
            engine,
            splitHeads(context, inputs.keys, numKeyValueHeads),
            ropeOf(context, layer).keys,
          ),
          values: splitHeads(context, inputs.values, numKeyValueHeads),
        }));
        this.keep(layer, kept);
        return attention({ ...context, keyValues: undefined }, inputs, layer).attended;
      },
    };
  }

  /** For the forward pass of one more token in every row. */
  appending(): KeyValues {
    this.decoded += 1;
    return {
      attend: (context, inputs, layer) => this.attendToAll(context, inputs, layer, this.keptOf(layer)),
    };
  }

  protected keptOf(layer: AttentionLayer): LayerKeyValues {
    const kept = this.layers.get(layer);
    if (kept === undefined) {
      throw new Error('A layer has no keys and values of the prompts.');
    }
    return kept;
  }

  /** Forgets all rows but these. */
  select(rows: Int32Array): void {
    if (rows.length === this.rows) {
      return;
    }
    const { engine } = this;
    const before = this.rows;
    for (const [layer, kept] of this.layers) {
      const chosen = engine.tidy(() => {
        const indices = engine.indices(Int32Array.from(rows), [rows.length]);
        const of = (states: Tensor): Tensor => {
          const [heads = 0, columns = 0, headDim = 0] = states.shape;
          const perRow = heads / before;
          const flat = engine.gather(engine.reshape(states, [before, perRow * columns * headDim]), indices);
          return engine.reshape(flat, [rows.length * perRow, columns, headDim]);
        };
        return { keys: of(kept.keys), values: of(kept.values) };
      });
      this.keep(layer, chosen);
    }
    this.lengths = Array.from(rows, (row) => this.lengths[row] ?? 0);
  }

  dispose(): void {
    for (const { keys, values } of this.layers.values()) {
      this.engine.dispose(keys, values);
    }
    this.layers.clear();
  }

  protected keep(layer: AttentionLayer, { keys, values }: LayerKeyValues): void {
    const { engine } = this;
    const before = this.layers.get(layer);
    this.layers.set(layer, { keys: engine.keep(keys), values: engine.keep(values) });
    engine.dispose(before?.keys, before?.values);
  }
}
