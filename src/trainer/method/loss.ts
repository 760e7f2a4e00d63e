import { sum } from '../../shared/common/sum';
import type { BatchList } from '../data/sequences/batch';
import type { Model } from '../executor/executor';
import type { Reuse } from '../executor/requests';
import { yieldToEventLoop, type Task } from '../task';

const ANEW: Reuse = { reuse: false };

/** Mean next-token loss over every predicted position of all batches, nats per token, and how many positions those are. */
export async function textLoss(
  model: Pick<Model, 'losses'>,
  batches: BatchList,
  task: Task,
  use = ANEW,
): Promise<{ loss: number; targets: number }> {
  let total = 0;
  let targets = 0;
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `loss, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await yieldToEventLoop(task);
    const losses = await model.losses(batch, use);
    total += sum(losses);
    targets += losses.length;
  }
  return { loss: total / targets, targets };
}

/** As {@link textLoss}, the loss alone. */
export async function meanLoss(
  model: Pick<Model, 'losses'>,
  batches: BatchList,
  task: Task,
  use = ANEW,
): Promise<number> {
  const { loss } = await textLoss(model, batches, task, use);
  return loss;
}
