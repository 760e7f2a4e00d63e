import { makeBatch, type Batch } from '../../data/sequences/batch';

/** Prompts as a forward pass reads them. */
export interface PromptBatch {
  readonly batch: Batch;
  /** [B] the row of [B·T] at which each prompt begins. */
  readonly firsts: readonly number[];
}

/** Prompts side by side, each filled up to the longest. */
export function padPrompts(prompts: readonly Int32Array[]): PromptBatch {
  const batch = makeBatch(prompts);
  return { batch, firsts: prompts.map((_, row) => row * batch.length) };
}

/** Prompts one after the other in one row, as documents that do not see each other: nothing is computed that only fills up. */
export function packPrompts(prompts: readonly Int32Array[]): PromptBatch {
  const firsts: number[] = [];
  let total = 0;
  for (const { length } of prompts) {
    firsts.push(total);
    total += length;
  }
  const tokens = new Int32Array(total);
  for (const [row, prompt] of prompts.entries()) {
    tokens.set(prompt, firsts[row]);
  }
  return { batch: makeBatch([tokens], [Int32Array.from(firsts)]), firsts };
}
