import type { TuneSettings } from '../../shared/settings/tuneSettings';
import { evaluationInterval } from '../../shared/settings/tuneTogether';

/** How fast a run goes, as it was seen to. */
export interface RunPace {
  readonly stepsPerSecond: number | undefined;
  /** Seconds of the last of each; undefined before there was one. */
  readonly evaluationSeconds: number | undefined;
  readonly refreshSeconds: number | undefined;
}

export type PlannedSteps = Pick<
  TuneSettings,
  'steps' | 'evalEvery' | 'saveEvery' | 'updateEvery' | 'unitRates' | 'maxGeneralRise'
>;

/** Seconds until the last step of a run, with the evaluations and refreshes in between; undefined as long as nobody can tell. */
export function secondsLeft(
  step: number,
  tune: PlannedSteps,
  { stepsPerSecond, evaluationSeconds = 0, refreshSeconds = 0 }: RunPace,
): number | undefined {
  if (stepsPerSecond === undefined) {
    return undefined;
  }
  const { steps, updateEvery, unitRates } = tune;
  const interval = evaluationInterval(tune);
  const within = (every: number): number => Math.floor(steps / every) - Math.floor(step / every);
  // The last step is evaluated, whatever the interval.
  const evaluations = within(interval) + (steps % interval === 0 || step >= steps ? 0 : 1);
  const refreshes = unitRates === 'equal' ? 0 : within(updateEvery);
  const left = Math.max(0, steps - step) / stepsPerSecond;
  return left + evaluations * evaluationSeconds + refreshes * refreshSeconds;
}
