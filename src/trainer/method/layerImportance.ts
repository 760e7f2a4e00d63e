import { sum } from '../../shared/common/sum';
import type { Batch, BatchList } from '../data/sequences/batch';
import type { Model } from '../executor/executor';
import type { MemoryLimit } from '../executor/requests';
import type { MaskedLosses } from '../executor/results';
import { yieldToEventLoop, subtask, type Task } from '../task';
import { meanShares, type SequenceContributions } from './bootstrap';

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
  /** Each is asked for when the one before it is measured. */
  readonly batches: Iterable<Batch> | AsyncIterable<Batch>;
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

/** I(l) = L̂(l) − L, the increase in mean loss when layer l passes its input through (arXiv 2510.10071, stage 1). */
export async function exactLayerImportance(
  model: Pick<Model, 'config' | 'maskedLosses'>,
  { batches, sequences, enough, memoryLimit }: Probe,
  task: Task,
): Promise<LayerImportance> {
  const losses = new LossesWithout(model.config.numHiddenLayers);
  let done = 0;
  for await (const batch of batches) {
    const part = subtask(task, done / sequences, (done + batch.batch) / sequences);
    const what = `layer importance, sequence ${done + 1} of ${sequences}`;
    const layers: Task = {
      ...part,
      report: (fraction, layer) => {
        part.report(fraction, `${what}, ${layer}`);
      },
    };
    done += batch.batch;
    losses.add(await model.maskedLosses(batch, memoryLimit, layers));
    if (enough?.(losses.rises()) === true) {
      break;
    }
  }
  const shares = losses.rises();
  return { baseLoss: losses.baseLoss(), layers: meanShares(shares), shares };
}

/** Losses of each sequence, of the untouched model and without each layer. */
class LossesWithout {
  private readonly targets: number[] = [];
  /** The untouched model's first. */
  private readonly sums: readonly number[][];

  constructor(layers: number) {
    this.sums = Array.from({ length: layers + 1 }, () => []);
  }

  /** Adds sequences that were not seen before. */
  add({ targets, sums }: MaskedLosses): void {
    this.targets.push(...targets);
    for (const [pass, own] of this.sums.entries()) {
      own.push(...sums.subarray(pass * targets.length, (pass + 1) * targets.length));
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

/**
 * One pass: how much a layer changes its input, mean over all real positions of ‖output − input‖ / ‖input‖ (the relative
 * magnitude of Samragh et al. 2023, arXiv 2312.09299, of what a layer adds). A ranking, not nats. Of four one-pass estimators
 * it agrees best with the exact importance: docs/performance.md compares them.
 */
export async function fastLayerImportance(
  model: Pick<Model, 'config' | 'layerChanges'>,
  batches: BatchList,
  task: Task,
): Promise<LayerImportance> {
  const sums: number[][] = Array.from({ length: model.config.numHiddenLayers }, () => []);
  const weights: number[] = [];
  let loss = 0;
  let targets = 0;
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `fast layer importance, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await yieldToEventLoop(task);
    const changes = await model.layerChanges(batch);
    weights.push(...batch.lengths);
    for (const [layer, own] of sums.entries()) {
      own.push(...changes.sums.subarray(layer * batch.batch, (layer + 1) * batch.batch));
    }
    loss += sum(changes.losses);
    targets += changes.losses.length;
  }
  const shares = { weights, sums };
  return { baseLoss: loss / targets, layers: meanShares(shares), shares };
}
