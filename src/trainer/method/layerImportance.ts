import type { Batch, BatchList } from '../data/sequences/batch';
import type { Tensor } from '../tfjs/engine/tensor';
import { blockForward } from '../tfjs/model/block';
import type { CausalLM } from '../tfjs/model/causalLM';
import { headLosses } from '../tfjs/model/head';
import { targetsOf, type Targets } from '../data/sequences/targets';
import { yieldToEventLoop, subtask, type Task } from '../task';
import { meanShares, type SequenceContributions } from './bootstrap';
import { sum } from '../../shared/common/sum';
import { MaskedPasses, type MemoryLimit } from '../tfjs/measure/maskedPasses';

export interface LayerImportance {
  /** Mean next-token loss of the untouched model, nats. */
  readonly baseLoss: number;
  /** By layer: nats for `exact`, relative change for `fast`. */
  readonly layers: readonly number[];
  /** What the sequences that were measured contributed to it. */
  readonly shares: SequenceContributions;
}

/** What layers are measured on. */
export interface Probe {
  readonly batches: Iterable<Batch>;
  /** In all batches together. */
  readonly sequences: number;
  /** Whether what was measured so far is enough; all of the probe is measured when left out. */
  readonly enough?: ((shares: SequenceContributions) => boolean) | undefined;
  /** Where the masked passes of a batch are kept; in memory when left out. */
  readonly memoryLimit?: MemoryLimit;
}

/** A probe of all of some batches. */
export function probeOf(batches: BatchList): Probe {
  return { batches, sequences: sum([...batches].map(({ batch }) => batch)) };
}

/**
 * I(l) = L̂(l) − L, the increase in mean loss when layer l passes its input through (arXiv 2510.10071, stage 1).
 *
 * Masking layer l changes nothing before l, so one sweep through the layers serves all of them: at layer l the
 * untouched hidden states are kept once more as the pass that skips l, and every later layer runs on all passes
 * so far. That is L(L−1)/2 layer evaluations instead of L², and each layer's weights are visited once per batch.
 */
export async function exactLayerImportance(
  model: CausalLM,
  { batches, sequences, enough, memoryLimit }: Probe,
  task: Task,
): Promise<LayerImportance> {
  const layers = model.blocks.length;
  const losses = new MaskedLosses(layers + 1);
  let done = 0;
  for (const batch of batches) {
    const part = subtask(task, done / sequences, (done + batch.batch) / sequences);
    const what = `layer importance, sequence ${done + 1} of ${sequences}`;
    done += batch.batch;
    const wanted = targetsOf(batch);
    losses.begin(wanted, batch.batch);
    const shape = [batch.tokens.length, model.config.hiddenSize] as const;
    const passes = new MaskedPasses(model.engine, shape, memoryLimit);
    try {
      await sweep(model, batch, passes, (fraction, layer) => {
        part.report(fraction, `${what}, ${layer}`);
        return yieldToEventLoop(part);
      });
      for (let pass = 0; pass <= layers; pass++) {
        await yieldToEventLoop(task);
        const hiddenStates = passes.take(pass);
        losses.add(pass, headLosses(model.engine, model.head, hiddenStates, wanted));
        model.engine.dispose(hiddenStates);
      }
    } finally {
      passes.dispose();
    }
    if (enough?.(losses.rises()) === true) {
      break;
    }
  }
  const shares = losses.rises();
  return { baseLoss: losses.baseLoss(), layers: meanShares(shares), shares };
}

/** Next-token losses of a model's passes, summed over each sequence. The first pass is the untouched model. */
class MaskedLosses {
  private readonly targets: number[] = [];
  private readonly sums: readonly number[][];
  private current: { readonly wanted: Targets; readonly first: number } | undefined;

  constructor(passes: number) {
    this.sums = Array.from({ length: passes }, () => []);
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

  add(pass: number, losses: ArrayLike<number>): void {
    const { wanted, first } = this.current ?? { wanted: undefined, first: 0 };
    const sums = this.sums[pass] ?? [];
    for (const [index, sequence] of wanted?.sequences.entries() ?? []) {
      sums[first + sequence] = (sums[first + sequence] ?? 0) + (losses[index] ?? NaN);
    }
  }

  baseLoss(): number {
    return sum(this.sums[0] ?? []) / sum(this.targets);
  }

  /** By layer, how much more loss each sequence has where it is masked. */
  rises(): SequenceContributions {
    const [base = [], ...masked] = this.sums;
    return {
      weights: this.targets,
      sums: masked.map((losses) => losses.map((loss, sequence) => loss - (base[sequence] ?? 0))),
    };
  }
}

/** Takes a batch through all layers; pass 0 is the untouched model, pass l + 1 the one that skips layer l. */
async function sweep(
  model: CausalLM,
  batch: Batch,
  passes: MaskedPasses,
  before: (fraction: number, layer: string) => Promise<void>,
): Promise<void> {
  const { engine, blocks } = model;
  const context = model.context(batch);
  passes.put(0, model.embed(batch));
  for (const [layer, block] of blocks.entries()) {
    await before(((layer + 1) / blocks.length) ** 2, `layer ${layer + 1} of ${blocks.length}`);
    const count = passes.size;
    for (let pass = 0; pass < count; pass++) {
      const hiddenStates = passes.take(pass);
      const next = blockForward(context, block, hiddenStates);
      if (pass === 0) {
        passes.put(count, hiddenStates);
      } else {
        engine.dispose(hiddenStates);
      }
      passes.put(pass, next);
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
    await yieldToEventLoop(task);
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
