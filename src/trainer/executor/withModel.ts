import type { Task } from '../task';
import type { Executor, Model } from './executor';
import type { OpenRequest } from './requests';

/** A model whose weights are used as they are, none of which change. */
export function unchanging(folder: string): OpenRequest {
  return { folder, trains: 'none', frozenWeights: 'float32', rows: 1 };
}

/** A model that continues prompts, so many side by side: its frozen weights are kept as is fastest. */
export function generating(folder: string, rows: number): OpenRequest {
  return { folder, trains: 'none', frozenWeights: 'auto', rows, generates: true };
}

/** Opens a model, and closes it when `work` has ended. */
export async function withModel<T>(
  executor: Pick<Executor, 'open'>,
  request: OpenRequest,
  task: Task,
  work: (model: Model) => T | Promise<T>,
): Promise<T> {
  return closing(await executor.open(request, task), work);
}

/** Closes an executor or a model when `work` has ended. What that failed of is what counts, not that it cannot be closed then. */
export async function closing<R extends { close(): Promise<void> }, T>(
  resource: R,
  work: (resource: R) => T | Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work(resource);
  } catch (error) {
    await resource.close().catch(() => undefined);
    throw error;
  }
  await resource.close();
  return result;
}
