import type { EngineChoice } from '../../shared/runConfig';
import type { Engine } from './engine';
import { findNativeInstall } from './provision/install';
import { WasmEngine } from './wasmEngine';

export type { EngineChoice };

/**
 * Opens an engine: `auto` is the native one where it is installed, otherwise wasm. One is open at a time in a process.
 * @throws AdeptError (failure) when `native` is asked for and not installed, or cannot be loaded.
 */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  if (choice === 'wasm' || (choice === 'auto' && findNativeInstall() === undefined)) {
    return WasmEngine.open();
  }
  // Loaded only when it is used: the native backend's code is large, and most commands start without it.
  const { NativeEngine } = await import('./nativeEngine');
  return NativeEngine.open();
}
