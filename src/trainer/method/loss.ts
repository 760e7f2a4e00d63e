import { sum } from '../../shared/common/sum';
import type { BatchList } from '../data/sequences/batch';
import type { CausalLM, CachedActivations } from '../tfjs/model/causalLM';
import { yieldToEventLoop, type Task } from '../task';

/** Mean next-token loss over every predicted position of all batches, nats per token, and how many positions those are. */
export async function textLoss(
  model: CausalLM,
  batches: BatchList,
  task: Task,
  known?: CachedActivations,
): Promise<{ loss: number; targets: number }> {
  let total = 0;
  let targets = 0;
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `loss, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await yieldToEventLoop(task);
    const losses = model.losses(batch, known);
    total += sum(losses);
    targets += losses.length;
  }
  return { loss: total / targets, targets };
}

/** As {@link textLoss}, the loss alone. */
export async function meanLoss(
  model: CausalLM,
  batches: BatchList,
  task: Task,
  known?: CachedActivations,
): Promise<number> {
  const { loss } = await textLoss(model, batches, task, known);
  return loss;
}
