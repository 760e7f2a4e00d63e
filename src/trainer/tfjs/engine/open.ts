import type { Engine, TfjsChoice } from './engine';
import { findNativeInstall } from '../../../node/engines/nativeInstall';

/**
 * Opens an engine: `auto` is the native one where it is installed, otherwise wasm. One is open at a time in a process.
 * Their code is large, and loaded only when it is used: many commands need none.
 * @throws AdeptError (failure) when `native` is asked for and not installed, or cannot be loaded.
 */
export async function openEngine(choice: TfjsChoice): Promise<Engine> {
  if (choice === 'wasm' || (choice === 'auto' && findNativeInstall() === undefined)) {
    const { WasmEngine } = await import('./wasmEngine');
    return WasmEngine.open();
  }
  const { NativeEngine } = await import('./nativeEngine');
  return NativeEngine.open();
}
