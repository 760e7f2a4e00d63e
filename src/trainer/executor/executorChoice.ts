import type { EngineChoice, TorchDtype } from '../../shared/config/runConfig';

/** What is to compute, as a person asks for it. */
export interface ExecutorChoice {
  readonly engine: EngineChoice;
  /** Processes that compute together; one when left out. With torch only, as is `dtype`. */
  readonly ranks?: number | undefined;
  /** What matrix products are computed in; the executor's own choice when left out. */
  readonly dtype?: TorchDtype | undefined;
}
