import type { Task } from '../task';
import type { Executor, Model } from './executor';
import type { OpenRequest } from './requests';

/** A model whose weights are used as they are, none of which change. */
export function unchanging(folder: string): OpenRequest {
  return { folder, trains: 'none', frozenWeights: 'float32', rows: 1 };
}

/** Opens a model, and closes it when `work` has ended. */
export async function withModel<T>(
  executor: Executor,
  request: OpenRequest,
  task: Task,
  work: (model: Model) => T | Promise<T>,
): Promise<T> {
  const model = await executor.open(request, task);
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}
