import type { TuneSettings } from '../../shared/settings/tuneSettings';
import { evaluationInterval } from '../../shared/settings/tuneTogether';

/** How fast a run goes, as it was seen to. */
export interface RunPace {
  readonly stepsPerSecond: number | undefined;
  /** Seconds of the last of each; undefined before there was one. */
  readonly evaluationSeconds: number | undefined;
  readonly refreshSeconds: number | undefined;
  readonly answersSeconds: number | undefined;
  readonly taskSeconds: ReadonlyMap<string, number>;
}

/** Something that is done every so many steps, or without a number at every evaluation. */
interface Repeated {
  readonly every?: number | undefined;
}

/** What a run does between its steps. */
export interface PlannedSteps {
  readonly tune: Pick<
    TuneSettings,
    'steps' | 'evalEvery' | 'saveEvery' | 'updateEvery' | 'unitRates' | 'maxGeneralRise'
  >;
  /** Undefined where nothing is asked. */
  readonly answers?: Repeated | undefined;
  readonly evalTasks?: readonly (Repeated & { readonly name: string })[] | undefined;
}

/** Seconds until the last step of a run, with what is measured and asked in between; undefined as long as nobody can tell. */
export function secondsLeft(
  step: number,
  { tune, answers, evalTasks = [] }: PlannedSteps,
  pace: RunPace,
): number | undefined {
  const { stepsPerSecond, evaluationSeconds = 0, refreshSeconds = 0, answersSeconds = 0, taskSeconds } = pace;
  if (stepsPerSecond === undefined) {
    return undefined;
  }
  const { steps, updateEvery, unitRates } = tune;
  const interval = evaluationInterval(tune);
  const within = (every: number): number => Math.floor(steps / every) - Math.floor(step / every);
  // After the last step everything is measured, whatever the interval.
  const times = ({ every = interval }: Repeated): number =>
    within(every) + (steps % every === 0 || step >= steps ? 0 : 1);
  const refreshes = unitRates === 'equal' ? 0 : within(updateEvery);
  const left = Math.max(0, steps - step) / stepsPerSecond;
  const tasks = evalTasks.map((task) => times(task) * (taskSeconds.get(task.name) ?? 0));
  return [
    ...[left, times({}) * evaluationSeconds, refreshes * refreshSeconds],
    ...[answers === undefined ? 0 : times(answers) * answersSeconds, ...tasks],
  ].reduce((sum, seconds) => sum + seconds, 0);
}
