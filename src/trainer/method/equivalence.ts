import { failure } from '../../shared/common/errors';
import { isFamily } from '../../shared/model/families';
import type { ExpansionManifest } from '../../shared/run/manifest';
import { batchOf, type Batch } from '../data/sequences/batch';
import { listOf, eachOf, type SequenceList } from '../data/sequences/sequences';
import type { Executor } from '../executor/executor';
import { unchanging, withModel } from '../executor/withModel';
import { quietly, yieldToEventLoop, type Task } from '../task';
import { writeManifest } from './manifest';

/** Text on which the two models are compared, and what to call it. */
export interface EquivalenceProbe {
  readonly name: string;
  readonly sequences: SequenceList;
}

/** 4 sequences of 32 tokens, every residue of the vocabulary equally likely; the same for the same vocabulary. */
export function tokenProbe(vocabSize: number, length: number): EquivalenceProbe {
  let state = 0x9e3779b9;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * vocabSize);
  };
  const sequences = Array.from({ length: 4 }, () => Int32Array.from({ length }, next));
  return { name: 'seeded token ids', sequences: listOf(sequences) };
}

/**
 * Compares the logits of original and expanded model, position by position, and writes the result into the manifest.
 * With zeroed output projections an added layer computes x + 0: the difference is exactly 0 in float32.
 * @throws AdeptError (failure) when it is not.
 */
export async function recordEquivalence(
  executor: Executor,
  original: string,
  expanded: string,
  manifest: ExpansionManifest,
  probe: EquivalenceProbe,
  task: Task,
): Promise<ExpansionManifest> {
  const batches = [...eachOf(probe.sequences)].map((sequence) => batchOf([sequence]));
  task.report(0, 'equivalence: logits of the original');
  await yieldToEventLoop(task);
  const before = await logitsOf(executor, original, batches, task);
  task.report(0.5, 'equivalence: logits of the expanded model');
  await yieldToEventLoop(task);
  const after = await logitsOf(executor, expanded, batches, task);
  const maxDifference = largestDifference(before, after);
  const positions = batches.reduce((total, batch) => total + batch.tokens.length, 0);
  const measured = {
    ...manifest,
    equivalence: { maxDifference, positions, probe: probe.name, engine: executor.description.engine },
  };
  if (maxDifference !== 0) {
    const { family } = manifest.base;
    const why = isFamily(family)
      ? 'check the model for infinite weights and report this'
      : `what the layers of a ${family} model write with is not known here, so use a model of another family`;
    throw failure(
      `${expanded}: the expanded model's logits differ from the original's by up to ${maxDifference}: the expansion is not function-preserving; ${why}.`,
    );
  }
  writeManifest(expanded, measured);
  return measured;
}

/** Logits of every position; with one sequence a batch, and a few short ones, they are few. */
function logitsOf(
  executor: Executor,
  folder: string,
  batches: readonly Batch[],
  task: Task,
): Promise<Float32Array[]> {
  return withModel(executor, unchanging(folder), quietly(task), async (model) => {
    const logits: Float32Array[] = [];
    for (const batch of batches) {
      logits.push(await model.logits(batch, Int32Array.from(batch.tokens.keys())));
    }
    return logits;
  });
}

/** Infinity where either side is not a number: that is not equality either. */
function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let largest = 0;
  for (const [index, values] of a.entries()) {
    const others = b[index];
    values.forEach((value, at) => {
      const difference = Math.abs(value - (others?.[at] ?? NaN));
      largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
    });
  }
  return largest;
}
