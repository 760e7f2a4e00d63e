import type { Batch, BatchList } from '../data/sequences/batch';
import type { Tensor } from '../engine/tensor';
import { blockForward } from '../model/block';
import type { CausalLM } from '../model/causalLM';
import { headLosses, targetsOf, type Targets } from '../model/head';
import { breathe, subtask, type Task } from '../task';
import { meanShares, type SequenceShares } from './bootstrap';
import { sum } from './loss';
import { Variants, type VariantRoom } from './variants';

export interface LayerImportance {
  /** Mean next-token loss of the untouched model, nats. */
  readonly baseLoss: number;
  /** By layer: nats for `exact`, relative change for `fast`. */
  readonly layers: readonly number[];
  /** What the sequences that were measured contributed to it. */
  readonly shares: SequenceShares;
}

/** What layers are measured on. */
export interface Probe {
  readonly batches: Iterable<Batch>;
  /** In all batches together. */
  readonly sequences: number;
  /** Whether what was measured so far is enough; all of the probe is measured when left out. */
  readonly enough?: ((shares: SequenceShares) => boolean) | undefined;
  /** Where the masked variants of a batch are kept; in memory when left out. */
  readonly room?: VariantRoom;
}

/** A probe of all of some batches. */
export function probeOf(batches: BatchList): Probe {
  return { batches, sequences: sum([...batches].map(({ batch }) => batch)) };
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
  { batches, sequences, enough, room }: Probe,
  task: Task,
): Promise<LayerImportance> {
  const layers = model.blocks.length;
  const losses = new VariantLosses(layers + 1);
  let done = 0;
  for (const batch of batches) {
    const part = subtask(task, done / sequences, (done + batch.batch) / sequences);
    const what = `layer importance, sequence ${done + 1} of ${sequences}`;
    done += batch.batch;
    const wanted = targetsOf(batch);
    losses.begin(wanted, batch.batch);
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
        losses.add(variant, headLosses(model.engine, model.head, hiddenStates, wanted));
        model.engine.dispose(hiddenStates);
      }
    } finally {
      variants.dispose();
    }
    if (enough?.(losses.rises()) === true) {
      break;
    }
  }
  const shares = losses.rises();
  return { baseLoss: losses.baseLoss(), layers: meanShares(shares), shares };
}

/** Next-token losses of a model's variants, summed over each sequence. The first variant is the untouched model. */
class VariantLosses {
  private readonly targets: number[] = [];
  private readonly sums: readonly number[][];
  private current: { readonly wanted: Targets; readonly first: number } | undefined;

  constructor(variants: number) {
    this.sums = Array.from({ length: variants }, () => []);
  }

  /** What is added from now on are losses of these targets, of sequences not seen before. */
  begin(wanted: Targets, sequences: number): void {
    const first = this.targets.length;
    this.current = { wanted, first };
    for (const counts of [this.targets, ...this.sums]) {
      counts.push(...new Array<number>(sequences).fill(0));
    }
    for (const sequence of wanted.sequences) {
      this.targets[first + sequence] = (this.targets[first + sequence] ?? 0) + 1;
    }
  }

  add(variant: number, losses: ArrayLike<number>): void {
    const { wanted, first } = this.current ?? { wanted: undefined, first: 0 };
    const sums = this.sums[variant] ?? [];
    for (const [index, sequence] of wanted?.sequences.entries() ?? []) {
      sums[first + sequence] = (sums[first + sequence] ?? 0) + (losses[index] ?? NaN);
    }
  }

  baseLoss(): number {
    return sum(this.sums[0] ?? []) / sum(this.targets);
  }

  /** By layer, how much more loss each sequence has where it is masked. */
  rises(): SequenceShares {
    const [base = [], ...masked] = this.sums;
    return {
      weights: this.targets,
      sums: masked.map((losses) => losses.map((loss, sequence) => loss - (base[sequence] ?? 0))),
    };
  }
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
 * One pass: how much a layer changes its input, mean over all real positions of ‖output − input‖ / ‖input‖ (the relative
 * magnitude of Samragh et al. 2023, arXiv 2312.09299, of what a layer adds). A ranking, not nats. Of four one-pass estimators
 * it agrees best with the exact importance: docs/performance.md compares them.
 */
export async function fastLayerImportance(
  model: CausalLM,
  batches: BatchList,
  task: Task,
): Promise<LayerImportance> {
  const { engine } = model;
  const sums: number[][] = model.blocks.map(() => []);
  const weights: number[] = [];
  let loss = 0;
  let targets = 0;
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `fast layer importance, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await breathe(task);
    const context = model.context(batch);
    weights.push(...batch.lengths);
    engine.tidy(() => {
      let current = model.embed(batch);
      for (const [layer, block] of model.blocks.entries()) {
        const next = blockForward(context, block, current);
        const changes = engine.tidy(() => engine.read(relativeChanges(model, current, next)));
        sums[layer]?.push(...sequenceSums(batch, changes));
        engine.dispose(current);
        current = next;
      }
      const losses = headLosses(engine, model.head, current, targetsOf(batch));
      loss += sum(losses);
      targets += losses.length;
    });
  }
  const shares = { weights, sums };
  return { baseLoss: loss / targets, layers: meanShares(shares), shares };
}

/** Of every sequence, the sum over its tokens; padding counts for nothing. @param values of every row of [B·T] */
function sequenceSums(batch: Batch, values: ArrayLike<number>): number[] {
  return Array.from(batch.lengths, (length, sequence) =>
    sum(Array.from({ length }, (_, position) => values[sequence * batch.length + position] ?? NaN)),
  );
}

/** ‖next − current‖ / ‖current‖ of every row of two [n, D] tensors, shape [n]. */
function relativeChanges({ engine }: CausalLM, current: Tensor, next: Tensor): Tensor {
  const change = engine.sum(engine.square(engine.sub(next, current)), 1);
  const size = engine.sum(engine.square(current), 1);
  return engine.mul(engine.sqrt(change), engine.rsqrt(engine.addScalar(size, 1e-30)));
}
