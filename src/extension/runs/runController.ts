import type { ControlRequest } from '../../shared/run/protocol';
import type { RunWindow } from '../../node/runPage/runSummary';

/** What this window knows of a run's processes, beside what lies in the run folder. */
export type RunProcess = Pick<
  RunWindow,
  'exit' | 'output' | 'isStarting' | 'failure' | 'hasConfig' | 'asked' | 'isMeasuring'
>;

/** What is exported of a run, or asked. */
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
  /** Tells whenever a run, or what is done with one, may stand otherwise. */
  onDidChange(listener: () => void): { dispose(): void };
  /** How far a run is that a trainer works on, 0 to 1; undefined where none does, or before the first step. */
  progressOf(run: string): number | undefined;
  /** Asks the run's trainer for something; `resume` also goes on with a run that nobody works on. */
  control(run: string, request: ControlRequest): Promise<void>;
  /** The base learning rate that the run's trainer goes on with. */
  baseLearningRate(run: string): Promise<number>;
  /** Starts a run once more that did not start. */
  runAgain(run: string): Promise<void>;
  /** Deletes a run; one without a folder leaves the list. */
  deleteRun(run: string): Promise<void>;
  /** Asks for checkpoint and folder where they are not given, and exports. */
  exportModel(run: string, how?: ExportChoice): Promise<void>;
  /** Has a checkpoint answer prompts beside the model that the run began with. */
  tryInPlayground(run: string, how: ExportChoice): Promise<void>;
  /** Measures what the added layers of the last checkpoint are worth. */
  measureStrength(run: string): Promise<void>;
  /** Asks where the report of a run goes, and writes it. */
  shareReport(run: string): Promise<void>;
  about(run: string): RunProcess;
  /** The *.adept.json that the run was started from, where this window knows it. */
  configOf(run: string): string | undefined;
}
