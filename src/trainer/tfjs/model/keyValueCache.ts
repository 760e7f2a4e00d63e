import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { attention } from './attention';
import { blockForward, type Block } from './block';
import { ropeOf, type AttentionContext, type AttentionLayer, type KeyValues } from './attentionContext';
import type { AttentionInputs } from '../engine/fusedKernels';
import type { RowReading } from '../../executor/requests';
import { applyRope, splitHeads } from './composedAttention';

/** Of one layer, [B·K, S, headDim] each; keys after rotation. */
export interface LayerKeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Keys and values of the positions that were read: prompts first, filled up on the right to the longest, and then token by token. */
export abstract class KeyValueCache {
  private readonly layers = new Map<AttentionLayer, LayerKeyValues>();

  /** @param rows B */
  constructor(
    protected readonly engine: Engine,
    private rows: number,
  ) {}

  /** [n] where each of the tokens that are being read stands in its row. */
  abstract get positions(): readonly number[];

  /** Keeps these rows alone, and finds out where their tokens stand. */
  begin(readings: readonly RowReading[]): void {
    const rows = Int32Array.from(readings, ({ row }) => row);
    if (rows.length < this.rows) {
      this.select(rows);
    }
    this.place(readings);
  }

  protected abstract place(readings: readonly RowReading[]): void;

  /** RoPE and attention of the tokens that are being read: [n, heads·headDim] → [n, H·headDim]. */
  protected abstract attendToAll(
    context: AttentionContext,
    inputs: AttentionInputs,
    layer: AttentionLayer,
    kept: LayerKeyValues,
  ): Tensor;

  /** A layer for the tokens that are being read, [n, D]. */
  forward(context: AttentionContext, block: Block, input: Tensor): Tensor {
    return blockForward(context, block, input);
  }

  /** What is added to scores, [n, 1, S]; undefined where everything that is kept is seen. */
  abstract mask(window: number | undefined): Float32Array | undefined;

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

  /** For the forward pass of the tokens that are being read. */
  appending(): KeyValues {
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

  private select(rows: Int32Array): void {
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
    this.rows = rows.length;
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
