import type { RunWindow } from '../../node/runPage/runSummary';

/** What this window knows of a run's processes, beside what lies in the run folder. */
export type RunProcess = Pick<RunWindow, 'exit' | 'output' | 'isStarting' | 'failure'>;

/** What is exported of a run. */
export interface ExportChoice {
  readonly step: number;
  readonly alpha: number;
  /** Added layers that are left out. */
  readonly drop: readonly number[];
}

/**
 * How a run is controlled, by its folder. Each call ends when the trainer has answered or the process was started.
 * @throws AdeptError that says why it cannot be done now, and what to do.
 */
export interface RunController {
  pause(run: string): Promise<void>;
  /** Goes on with a run that is paused, or that nobody works on. */
  resume(run: string): Promise<void>;
  /** Has the trainer save a checkpoint and end. */
  stop(run: string): Promise<void>;
  checkpoint(run: string): Promise<void>;
  /** Changes the base learning rate from the next step on. */
  setLearningRate(run: string, value: number): Promise<void>;
  /** Asks for checkpoint and folder where they are not given, and exports. */
  exportModel(run: string, how?: ExportChoice): Promise<void>;
  /** Measures what the added layers of the last checkpoint are worth. */
  measureDial(run: string): Promise<void>;
  about(run: string): RunProcess;
  /** The *.adept.json that the run was started from, where this window knows it. */
  configOf(run: string): string | undefined;
}
