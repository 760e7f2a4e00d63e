import type { Engine } from '../engine/engine';
import type { AttentionInputs } from '../engine/fusedKernels';
import type { Tensor } from '../engine/tensor';
import { attention } from './attention';
import {
  MASKED,
  ropeOf,
  type AttentionContext,
  type AttentionLayer,
  type KeyValues,
} from './attentionContext';
import { applyRope, splitHeads } from './composedAttention';
import { softCap } from './softCap';

/** Of one layer, [B·K, S, headDim] each; keys after rotation. */
interface LayerKeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Keys and values of the positions that were read, S of each row: prompts first, filled up on the right to the longest, and
 * then one for each token that was read since.
 */
export class KeyValueCache {
  private readonly layers = new Map<AttentionLayer, LayerKeyValues>();
  /** Tokens read since the prompts. */
  private decoded = 0;

  /** @param lengths [B] tokens of each prompt */
  constructor(
    private readonly engine: Engine,
    private lengths: readonly number[],
  ) {
    this.width = Math.max(...lengths);
  }

  /** Positions that prompts take, S of them before anything else is read. */
  private readonly width: number;

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

  /** For the forward pass of one more token in every row: [B, heads·headDim] → [B, H·headDim]. */
  appending(): KeyValues {
    this.decoded += 1;
    return { attend: (context, inputs, layer) => this.attendToAll(context, inputs, layer) };
  }

  /**
   * What is added to scores, [B, 1, S]: of what lies beyond a prompt's end, and of what a window hides; undefined where
   * everything is seen.
   */
  mask(window: number | undefined): Float32Array | undefined {
    const { width, lengths, decoded } = this;
    const columns = width + decoded;
    const reach = window ?? Infinity;
    if (lengths.every((length) => length === width) && reach >= columns) {
      return undefined;
    }
    const values = new Float32Array(lengths.length * columns).fill(MASKED);
    for (const [row, length] of lengths.entries()) {
      const at = row * columns;
      // The last `reach` positions: those since the prompt, and the end of the prompt.
      const since = Math.min(decoded, reach);
      const ofPrompt = Math.min(length, reach - since);
      values.fill(0, at + columns - since, at + columns);
      values.fill(0, at + length - ofPrompt, at + length);
    }
    return values;
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

  private keep(layer: AttentionLayer, { keys, values }: LayerKeyValues): void {
    const { engine } = this;
    const before = this.layers.get(layer);
    this.layers.set(layer, { keys: engine.keep(keys), values: engine.keep(values) });
    engine.dispose(before?.keys, before?.values);
  }

  private attendToAll(context: AttentionContext, inputs: AttentionInputs, layer: AttentionLayer): Tensor {
    const { engine, config } = context;
    const { numAttentionHeads, numKeyValueHeads, headDim, attentionCap } = config;
    const before = this.layers.get(layer);
    if (before === undefined) {
      throw new Error('A layer has no keys and values of the prompts.');
    }
    const rope = ropeOf(context, layer);
    const rows = this.rows;
    const heads = (states: Tensor, count: number): Tensor => engine.reshape(states, [rows, count, headDim]);
    const column = (states: Tensor): Tensor => engine.reshape(states, [rows * numKeyValueHeads, 1, headDim]);
    const key = column(applyRope(engine, heads(inputs.keys, numKeyValueHeads), rope.keys));
    const kept = {
      keys: engine.concat([before.keys, key], 1),
      values: engine.concat([before.values, column(inputs.values)], 1),
    };
    this.keep(layer, kept);
    const queries = applyRope(engine, heads(inputs.queries, numAttentionHeads), rope.queries);
    const grouped = engine.reshape(queries, [
      rows * numKeyValueHeads,
      numAttentionHeads / numKeyValueHeads,
      headDim,
    ]);
    const raw = engine.matMul(grouped, kept.keys, { transposeB: true });
    const scores = attentionCap === undefined ? raw : softCap(engine, raw, attentionCap);
    const mask = context.masks.get(layer.slidingWindow);
    const [, , columns = 0] = scores.shape;
    const seen = mask ? engine.add(engine.reshape(scores, [rows, numAttentionHeads, columns]), mask) : scores;
    const weights = engine.reshape(engine.softmax(seen), scores.shape);
    return engine.reshape(engine.matMul(weights, kept.values), [rows, numAttentionHeads * headDim]);
  }
}
