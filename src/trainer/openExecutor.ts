import type { EngineChoice } from '../shared/config/runConfig';
import type { Executor } from './executor/executor';

/**
 * Opens what computes: `auto` is the native engine where it is installed, otherwise wasm. One is open at a time in a process.
 * Its code is large, and loaded only when it is used: many commands need none.
 * @throws AdeptError (failure) when `native` is asked for and not installed, or cannot be loaded.
 */
export async function openExecutor(choice: EngineChoice): Promise<Executor> {
  const { TfjsExecutor } = await import('./tfjs/tfjsExecutor');
  return TfjsExecutor.start(choice);
}
