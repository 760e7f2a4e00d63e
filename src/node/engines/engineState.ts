import type { EngineState } from '../../shared/engines/engineState';
import { autoEngine } from './autoEngine';
import { findNativeInstall } from './nativeInstall';
import { inspectTorchInstall, torchGpus } from './torchInstall';

/** Which engines this machine has; nothing is loaded or started for it. */
export function engineState(): EngineState {
  const native = findNativeInstall();
  const torch = inspectTorchInstall().install;
  return {
    auto: autoEngine(),
    native: native === undefined ? null : { libtensorflow: native.libtensorflow, variant: native.variant },
    torch:
      torch === undefined
        ? null
        : {
            interpreter: torch.interpreter,
            gpus: torchGpus(torch.facts),
            facts: torch.facts ?? null,
          },
  };
}
