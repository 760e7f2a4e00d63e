import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { attention } from './attention';
import { blockForward, type Block } from './block';
import {
  firstPositions,
  ropeOf,
  type AttentionContext,
  type AttentionLayer,
  type KeyValues,
} from './attentionContext';
import type { AttentionInputs } from '../engine/fusedKernels';
import type { RowReading } from '../../executor/requests';
import { applyRope, splitHeads } from './composedAttention';

/** Of one layer, [B·K, S, headDim] each; keys after rotation. */
export interface LayerKeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Where the tokens of prompts stand in what a forward pass computes. */
export interface PromptRows {
  /** [B] the row at which each prompt begins. */
  readonly firsts: readonly number[];
  /** [B] tokens of each. */
  readonly lengths: readonly number[];
}

/** [B·S] the row of each prompt's tokens; what fills a prompt up repeats its last. */
function paddedRows({ firsts, lengths }: PromptRows): Int32Array {
  const width = Math.max(...lengths);
  return Int32Array.from({ length: lengths.length * width }, (_, at) => {
    const row = Math.floor(at / width);
    return (firsts[row] ?? 0) + Math.min(at % width, (lengths[row] ?? 0) - 1);
  });
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
    this.locate(readings);
  }

  protected abstract locate(readings: readonly RowReading[]): void;

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

  /** For the forward pass of the prompts: keeps what the layers make of them. Its rows are freed with the pass. */
  filling(prompts: PromptRows): KeyValues {
    const { engine } = this;
    const { lengths } = prompts;
    const indices = paddedRows(prompts);
    const rows = engine.indices(indices, [indices.length]);
    return {
      attend: (context, inputs, layer) => {
        const { numKeyValueHeads } = context.config;
        const padded = { ...context, batch: lengths.length, length: Math.max(...lengths) };
        const kept = engine.tidy(() => {
          const heads = (states: Tensor): Tensor =>
            splitHeads(padded, engine.gather(states, rows), numKeyValueHeads);
          const rope = firstPositions(context, ropeOf(context, layer), padded.length);
          return { keys: applyRope(engine, heads(inputs.keys), rope.keys), values: heads(inputs.values) };
        });
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
