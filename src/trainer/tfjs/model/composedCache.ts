import { onlyToken } from '../../executor/onlyToken';
import type { RowReading } from '../../executor/requests';
import type { Engine } from '../engine/engine';
import type { AttentionInputs } from '../engine/fusedKernels';
import type { Tensor } from '../engine/tensor';
import { MASKED, ropeOf, type AttentionContext, type AttentionLayer } from './attentionContext';
import { applyRope } from './composedAttention';
import { KeyValueCache, type LayerKeyValues } from './keyValueCache';
import { softCap } from './softCap';

/** Attention composed of the engine's operations: what is kept of every row has the same length, and masks hide the rest. */
export class ComposedCache extends KeyValueCache {
  /** Positions that prompts take, S of them before anything else is read. */
  private readonly width: number;
  /** Tokens read since the prompts, as many in every row. */
  private decoded = 0;

  /** @param lengths [B] tokens of each prompt */
  constructor(
    engine: Engine,
    private lengths: readonly number[],
  ) {
    super(engine, lengths.length);
    this.width = Math.max(...lengths);
  }

  override get positions(): number[] {
    return this.lengths.map((length) => length + this.decoded - 1);
  }

  /** Of what lies beyond a prompt's end, and of what a window hides. */
  override mask(window: number | undefined): Float32Array | undefined {
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

  protected override locate(readings: readonly RowReading[]): void {
    readings.forEach(onlyToken);
    this.lengths = readings.map(({ row }) => this.lengths[row] ?? 0);
    this.decoded += 1;
  }

  protected override attendToAll(
    context: AttentionContext,
    inputs: AttentionInputs,
    layer: AttentionLayer,
    before: LayerKeyValues,
  ): Tensor {
    const { engine, config } = context;
    const { numAttentionHeads, numKeyValueHeads, headDim, attentionCap } = config;
    const rope = ropeOf(context, layer);
    const rows = this.lengths.length;
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
