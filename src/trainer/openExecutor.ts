import type { Executor } from './executor/executor';
import type { ExecutorChoice } from './executor/executorChoice';

/**
 * Opens what computes: `auto` is the native engine where it is installed, otherwise wasm. One is open at a time in a process.
 * Its code is large, and loaded only when it is used: many commands need none.
 * @throws AdeptError (failure) when `native` or `torch` is asked for and not installed, or cannot be loaded.
 */
export async function openExecutor(choice: ExecutorChoice): Promise<Executor> {
  if (choice.engine === 'torch') {
    const { TorchExecutor } = await import('./torch/torchExecutor');
    return TorchExecutor.start(choice);
  }
  const { TfjsExecutor } = await import('./tfjs/tfjsExecutor');
  return TfjsExecutor.start(choice.engine);
}
