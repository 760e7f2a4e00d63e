import type { Batch } from '../data/corpus';
import type { Tensor } from '../engine/engine';
import { blockForward } from '../model/block';
import type { CausalLM } from '../model/causalLM';
import { headLosses, targetsOf } from '../model/head';
import { breathe, subtask, type Task } from '../task';
import { sum } from './loss';
import { Variants, type VariantRoom } from './variants';

export interface LayerImportance {
  /** Mean next-token loss of the untouched model, nats. */
  readonly baseLoss: number;
  /** By layer: nats for `exact`, 1 − cosine for `fast`. */
  readonly layers: readonly number[];
}

/** What layers are measured on. */
export interface Probe {
  readonly batches: Iterable<Batch>;
  /** In all batches together. */
  readonly sequences: number;
  /** Where the masked variants of a batch are kept; in memory when left out. */
  readonly room?: VariantRoom;
}

/** A probe whose batches are there already. */
export function probeOf(batches: readonly Batch[]): Probe {
  return { batches, sequences: sum(batches.map(({ batch }) => batch)) };
}

/**
 * I(l) = L̂(l) − L, the increase in mean loss when layer l passes its input through (arXiv 2510.10071, stage 1).
 *
 * Masking layer l changes nothing before l, so one sweep through the layers serves all of them: at layer l the
 * untouched hidden states are kept once more as the variant that skips l, and every later layer runs on all variants
 * so far. That is L(L−1)/2 layer evaluations instead of L², and each layer's weights are visited once per batch.
 */
export async function exactLayerImportance(
  model: CausalLM,
  { batches, sequences, room }: Probe,
  task: Task,
): Promise<LayerImportance> {
  const layers = model.blocks.length;
  const totals = new Float64Array(layers + 1);
  let targets = 0;
  let done = 0;
  for (const batch of batches) {
    const part = subtask(task, done / sequences, (done + batch.batch) / sequences);
    const what = `layer importance, sequence ${done + 1} of ${sequences}`;
    done += batch.batch;
    const wanted = targetsOf(batch);
    targets += wanted.rows.length;
    const shape = [batch.tokens.length, model.config.hiddenSize] as const;
    const variants = new Variants(model.engine, shape, room);
    try {
      await sweep(model, batch, variants, (fraction, layer) => {
        part.report(fraction, `${what}, ${layer}`);
        return breathe(part);
      });
      for (let variant = 0; variant <= layers; variant++) {
        await breathe(task);
        const hiddenStates = variants.take(variant);
        totals[variant] =
          (totals[variant] ?? 0) + sum(headLosses(model.engine, model.head, hiddenStates, wanted));
        model.engine.dispose(hiddenStates);
      }
    } finally {
      variants.dispose();
    }
  }
  const [base = NaN, ...masked] = Array.from(totals, (total) => total / targets);
  return { baseLoss: base, layers: masked.map((loss) => loss - base) };
}

/** Takes a batch through all layers; variant 0 is the untouched model, variant l + 1 the one that skips layer l. */
async function sweep(
  model: CausalLM,
  batch: Batch,
  variants: Variants,
  before: (fraction: number, layer: string) => Promise<void>,
): Promise<void> {
  const { engine, blocks } = model;
  const context = model.context(batch);
  variants.put(0, model.embed(batch));
  for (const [layer, block] of blocks.entries()) {
    await before(((layer + 1) / blocks.length) ** 2, `layer ${layer + 1} of ${blocks.length}`);
    const count = variants.size;
    for (let variant = 0; variant < count; variant++) {
      const hiddenStates = variants.take(variant);
      const next = blockForward(context, block, hiddenStates);
      if (variant === 0) {
        variants.put(count, hiddenStates);
      } else {
        engine.dispose(hiddenStates);
      }
      variants.put(variant, next);
    }
  }
}

/**
 * One pass: block influence (Men et al. 2024, arXiv 2403.03853), 1 − the mean cosine of a layer's input and output
 * over all real positions. A ranking, not nats.
 */
export async function fastLayerImportance(
  model: CausalLM,
  batches: readonly Batch[],
  task: Task,
): Promise<LayerImportance> {
  const { engine } = model;
  const influence = new Float64Array(model.blocks.length);
  let positions = 0;
  let loss = 0;
  let targets = 0;
  for (const [index, batch] of batches.entries()) {
    task.report(index / batches.length, `fast layer importance, batch ${index + 1} of ${batches.length}`);
    await breathe(task);
    const context = model.context(batch);
    const real = realRows(batch);
    positions += real.length;
    engine.tidy(() => {
      let current = model.embed(batch);
      for (const [layer, block] of model.blocks.entries()) {
        const next = blockForward(context, block, current);
        const cosines = engine.tidy(() => engine.read(rowCosines(model, current, next)));
        influence[layer] = (influence[layer] ?? 0) + sum(real.map((row) => 1 - (cosines[row] ?? 0)));
        engine.dispose(current);
        current = next;
      }
      const losses = headLosses(engine, model.head, current, targetsOf(batch));
      loss += sum(losses);
      targets += losses.length;
    });
  }
  return { baseLoss: loss / targets, layers: Array.from(influence, (total) => total / positions) };
}

/** Rows of [B·T] that hold a token and no padding. */
function realRows(batch: Batch): number[] {
  return [...batch.lengths].flatMap((length, sequence) =>
    Array.from({ length }, (_, position) => sequence * batch.length + position),
  );
}

/** Cosine of every row of two [n, D] tensors, shape [n]. */
function rowCosines({ engine }: CausalLM, a: Tensor, b: Tensor): Tensor {
  const dot = engine.sum(engine.mul(a, b), 1);
  const norms = engine.mul(engine.sum(engine.square(a), 1), engine.sum(engine.square(b), 1));
  return engine.mul(dot, engine.rsqrt(engine.addScalar(norms, 1e-30)));
}
