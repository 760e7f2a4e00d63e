import type { Batch } from '../data/sequences/batch';
import type { WireArray } from './wire/frames';

/** A batch as a message's header has it. */
export function batchHeader({ length, numbers, documentStarts }: Batch): Record<string, unknown> {
  return { length, numbers, documentStarts: documentStarts?.map((starts) => [...starts]) ?? null };
}

/** What of a batch goes as arrays. @param suffix of their names, where a message has several batches */
export function batchArrays(
  { tokens, lengths, batch, length }: Batch,
  suffix = '',
): Record<string, WireArray> {
  return {
    [`tokens${suffix}`]: { values: tokens, shape: [batch, length] },
    [`lengths${suffix}`]: { values: lengths, shape: [batch] },
  };
}
