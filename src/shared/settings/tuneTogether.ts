import type { Localizer } from '../common/localizer';
import type { Naming } from './naming';
import type { TuneSettings } from './tuneSettings';

/** Domain text to evaluate when none is named: at most this many of the training sequences. */
export const EVALUATED_TRAINING_SEQUENCES = 16;

type Together = Pick<
  TuneSettings,
  'rateFloor' | 'rateCap' | 'unitRates' | 'maxGeneralRise' | 'onGeneralRise'
>;

/** Settings that do not go together: which one to change, and why, as a sentence. */
export interface TogetherProblem {
  readonly setting: keyof Together;
  readonly problem: string;
}

/** Settings that are good by themselves, and together would do something else than they say. */
export function togetherProblems(tune: Together, name: Naming['name'], l10n: Localizer): TogetherProblem[] {
  const { rateFloor, rateCap, unitRates, maxGeneralRise, onGeneralRise } = tune;
  const problems: TogetherProblem[] = [];
  if (rateFloor > rateCap) {
    const problem = l10n.t('{0} is more than {1}, {2}: lower it.', rateFloor, name('tune.rateCap'), rateCap);
    problems.push({ setting: 'rateFloor', problem });
  }
  if (maxGeneralRise !== undefined && onGeneralRise === 'freeze' && unitRates === 'equal') {
    const problem = l10n.t(
      '"freeze" goes by the units’ importance, which is not measured with {0} "equal": choose another.',
      name('tune.unitRates'),
    );
    problems.push({ setting: 'onGeneralRise', problem });
  }
  return problems;
}

/**
 * Steps from one evaluation to the next: as is set, or as often as checkpoints are written. What is held against a limit is looked
 * at ten times in a run at least, or there would be nothing left to correct.
 */
export function evaluationInterval({
  evalEvery,
  saveEvery,
  maxGeneralRise,
  steps,
}: Pick<TuneSettings, 'evalEvery' | 'saveEvery' | 'maxGeneralRise' | 'steps'>): number {
  return (
    evalEvery ??
    (maxGeneralRise === undefined ? saveEvery : Math.min(saveEvery, Math.max(1, Math.floor(steps / 10))))
  );
}

/** Whether a limit that is to be acted on is looked at only after the last step. */
export function limitComesTooLate(
  tune: Pick<TuneSettings, 'evalEvery' | 'saveEvery' | 'maxGeneralRise' | 'onGeneralRise' | 'steps'>,
): boolean {
  const { maxGeneralRise, onGeneralRise, steps } = tune;
  const controls = onGeneralRise === 'lower' || onGeneralRise === 'freeze';
  return maxGeneralRise !== undefined && controls && evaluationInterval(tune) >= steps;
}

/** That a limit comes too late to act on, for the log; undefined where it does not. */
export function lateLimit(
  tune: Pick<TuneSettings, 'evalEvery' | 'saveEvery' | 'maxGeneralRise' | 'onGeneralRise' | 'steps'>,
): string | undefined {
  const { steps } = tune;
  return limitComesTooLate(tune)
    ? `general loss is measured every ${evaluationInterval(tune)} steps, and so held against its limit only after the last of ${steps}: evaluate more often (evalEvery)`
    : undefined;
}
