import { failure } from '../../../shared/common/errors';
import type { Batch } from '../../data/sequences/batch';
import { targetsOf } from '../../data/sequences/targets';
import type { CausalLM } from '../model/causalLM';

/** Of every predicted position the token of the largest logit, of equal ones the first. */
export function topTokens(model: CausalLM, batch: Batch): Int32Array {
  const tokens: number[] = [];
  for (const logits of eachLogits(model, batch)) {
    tokens.push(likeliest(logits));
  }
  return Int32Array.from(tokens);
}

/** The token of the largest logit, of equal ones the first. @throws AdeptError (failure) on NaN */
export function likeliest(logits: Float32Array): number {
  let top = 0;
  for (let id = 1; id < logits.length; id++) {
    if ((logits[id] ?? NaN) > (logits[top] ?? NaN)) {
      top = id;
    }
  }
  requireNumber(logits[top]);
  return top;
}

/** Of every predicted position the rank of a token, which is one more than there are larger logits. */
export function ranks(model: CausalLM, batch: Batch, tokens: Int32Array): Int32Array {
  const found: number[] = [];
  for (const logits of eachLogits(model, batch)) {
    const own = logits[tokens[found.length] ?? -1] ?? NaN;
    requireNumber(own);
    let above = 0;
    for (const logit of logits) {
      above += logit > own ? 1 : 0;
    }
    found.push(above + 1);
  }
  return Int32Array.from(found);
}

/** No number is larger than NaN, so nothing would seem to have changed. */
function requireNumber(logit: number | undefined): void {
  if (logit === undefined || Number.isNaN(logit)) {
    throw failure(
      'The model computes logits that are not numbers: check its weights for NaN or infinite values.',
    );
  }
}

/** The logits [V] of every predicted position. */
function* eachLogits(model: CausalLM, batch: Batch): Generator<Float32Array> {
  const { vocabSize } = model.config;
  for (const logits of model.logitPieces(batch, targetsOf(batch).rows)) {
    for (let begin = 0; begin < logits.length; begin += vocabSize) {
      yield logits.subarray(begin, begin + vocabSize);
    }
  }
}
