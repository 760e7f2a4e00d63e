import { failure } from '../../shared/common/errors';
import { targetsOf } from '../data/sequences/targets';
import type { BatchList } from '../data/sequences/batch';
import type { CausalLM } from '../tfjs/model/causalLM';
import { yieldToEventLoop, type Task } from '../task';

/** Of every predicted position of all batches, in their order, the token that the model holds for the likeliest. */
export async function topTokens(model: CausalLM, batches: BatchList, task: Task): Promise<Int32Array> {
  const tokens: number[] = [];
  await eachLogits(model, batches, task, 'top tokens', (logits) => {
    let top = 0;
    for (let id = 1; id < logits.length; id++) {
      if ((logits[id] ?? NaN) > (logits[top] ?? NaN)) {
        top = id;
      }
    }
    requireNumber(logits[top]);
    tokens.push(top);
  });
  return Int32Array.from(tokens);
}

/** Ranks that a model gives to one token at every position, 1 its likeliest. @param tokens as {@link topTokens} gives them */
export async function ranksOf(
  model: CausalLM,
  batches: BatchList,
  tokens: Int32Array,
  task: Task,
): Promise<Int32Array> {
  const ranks = new Int32Array(tokens.length);
  let position = 0;
  await eachLogits(model, batches, task, 'ranks', (logits) => {
    const own = logits[tokens[position] ?? -1] ?? NaN;
    requireNumber(own);
    let above = 0;
    for (const logit of logits) {
      above += logit > own ? 1 : 0;
    }
    ranks[position] = above + 1;
    position += 1;
  });
  return ranks;
}

/** No number is larger than NaN, so nothing would seem to have changed. */
function requireNumber(logit: number | undefined): void {
  if (logit === undefined || Number.isNaN(logit)) {
    throw failure(
      'The model computes logits that are not numbers: check its weights for NaN or infinite values.',
    );
  }
}

/** Calls `use` with the logits [V] of every predicted position. */
async function eachLogits(
  model: CausalLM,
  batches: BatchList,
  task: Task,
  what: string,
  use: (logits: Float32Array) => void,
): Promise<void> {
  const { vocabSize } = model.config;
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `${what}, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await yieldToEventLoop(task);
    for (const logits of model.logitPieces(batch, targetsOf(batch).rows)) {
      for (let begin = 0; begin < logits.length; begin += vocabSize) {
        use(logits.subarray(begin, begin + vocabSize));
      }
    }
  }
}
