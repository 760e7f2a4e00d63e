import type { EngineChoice, TorchDtype } from '../../shared/config/runConfig';

/** What is to compute, as a person asks for it. */
export interface ExecutorChoice {
  readonly engine: EngineChoice;
  /** Processes that compute together; one when left out. With torch only, as is `dtype`. */
  readonly ranks?: number | undefined;
  /** What matrix products are computed in; the executor's own choice when left out. */
  readonly dtype?: TorchDtype | undefined;
  /** The interpreter of torch; the one that was set up when left out. */
  readonly python?: string | undefined;
  /** Where the ranks are, when they are on more machines than this one. */
  readonly machines?: Machines | undefined;
}

/** Machines with equally many ranks each, of which this is the first. */
export interface Machines {
  readonly count: number;
  /** Of this machine, as the others reach it. */
  readonly address: string;
  readonly port: number;
  /** Rejects when another machine could not start its part; looked at until all have started. */
  readonly lost?: Promise<never>;
}
