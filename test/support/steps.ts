import type { StepRequest } from '../../src/trainer/executor/requests';
import { ADAMW } from '../../src/trainer/method/tensorRates';
import type { Batch } from '../../src/trainer/data/sequences/batch';

/** One step as the method asks for it, all tensors at one rate, but for what is named. */
export function stepOf(
  { trained }: { readonly trained: readonly unknown[] },
  batches: readonly Batch[],
  step: number,
  changes: Partial<StepRequest> & { readonly rate?: number } = {},
): StepRequest {
  const { rate = 1e-2, ...others } = changes;
  return {
    ...{ batches, step, clipAt: 1, weightDecay: 0.1, frozen: [], reuse: false, ...ADAMW },
    rates: new Float64Array(trained.length).fill(rate),
    ...others,
  };
}
