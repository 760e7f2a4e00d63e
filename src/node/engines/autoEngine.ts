import type { EngineChoice } from '../../shared/config/runConfig';
import { findNativeInstall } from './nativeInstall';
import { inspectTorchInstall, torchGpus } from './torchInstall';

/** An engine that computes, as `auto` does not. */
export type Engine = Exclude<EngineChoice, 'auto'>;

/** What `auto` is on this machine: torch where it is set up and was seen to have a GPU, else native where it is installed, else wasm. */
export function autoEngine(): Engine {
  if (torchGpus(inspectTorchInstall().install?.facts) > 0) {
    return 'torch';
  }
  return findNativeInstall() === undefined ? 'wasm' : 'native';
}
