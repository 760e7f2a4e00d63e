import type { Batch, BatchList } from '../data/sequences/batch';
import { targetsOf } from '../data/sequences/targets';
import type { Model } from '../executor/executor';
import { yieldToEventLoop, type Task } from '../task';

/** Of every predicted position of all batches, in their order, the token that the model holds for the likeliest. */
export async function topTokens(
  model: Pick<Model, 'topTokens'>,
  batches: BatchList,
  task: Task,
): Promise<Int32Array> {
  return overBatches(batches, task, 'top tokens', (batch) => model.topTokens(batch));
}

/** Ranks that a model gives to one token at every position, 1 its likeliest. @param tokens as {@link topTokens} gives them */
export async function ranksOf(
  model: Pick<Model, 'ranks'>,
  batches: BatchList,
  tokens: Int32Array,
  task: Task,
): Promise<Int32Array> {
  let position = 0;
  return overBatches(batches, task, 'ranks', (batch) => {
    const begin = position;
    position += targetsOf(batch).rows.length;
    return model.ranks(batch, tokens.subarray(begin, position));
  });
}

/** One after the other what `ask` gives for every predicted position of a batch. */
async function overBatches(
  batches: BatchList,
  task: Task,
  what: string,
  ask: (batch: Batch) => Promise<Int32Array>,
): Promise<Int32Array> {
  const values: number[] = [];
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `${what}, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await yieldToEventLoop(task);
    for (const value of await ask(batch)) {
      values.push(value);
    }
  }
  return Int32Array.from(values);
}
