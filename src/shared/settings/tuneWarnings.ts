import type { Localizer } from '../common/localizer';
import { rateProblem } from './rateBounds';
import { evaluationInterval, limitComesTooLate } from './tuneTogether';
import type { TuneSettings } from './tuneSettings';

type Judged = Pick<
  TuneSettings,
  | 'steps'
  | 'learningRate'
  | 'warmup'
  | 'saveEvery'
  | 'evalEvery'
  | 'updateEvery'
  | 'unitRates'
  | 'maxGeneralRise'
  | 'onGeneralRise'
>;

/** A setting that a run takes, and that hardly anybody means. */
export interface TuneWarning {
  readonly setting: keyof Judged;
  /** A sentence. */
  readonly warning: string;
}

/** What settings come to that are good by themselves. */
export function tuneWarnings(tune: Judged, l10n: Localizer): TuneWarning[] {
  const { steps, learningRate, warmup, saveEvery, updateEvery, unitRates } = tune;
  const warnings: TuneWarning[] = [];
  const warn = (setting: TuneWarning['setting'], warning: string): void => {
    warnings.push({ setting, warning });
  };
  const rate = rateProblem(learningRate, l10n);
  if (rate !== undefined) {
    warn('learningRate', rate);
  }
  if (warmup >= steps) {
    warn(
      'warmup',
      l10n.t('The warm-up of {0} steps is not over when the run ends, after {1}.', warmup, steps),
    );
  }
  if (unitRates !== 'equal' && updateEvery > steps) {
    warn(
      'updateEvery',
      l10n.t(
        'Learning rates are never refreshed: the first refresh would be after {0} of {1} steps.',
        updateEvery,
        steps,
      ),
    );
  }
  if (saveEvery > steps) {
    warn(
      'saveEvery',
      l10n.t('There is no checkpoint before the end: {0} is more than the {1} steps.', saveEvery, steps),
    );
  }
  const evaluated = evaluationInterval(tune);
  if (evaluated > steps && tune.evalEvery !== undefined) {
    warn(
      'evalEvery',
      l10n.t(
        'Losses are measured at the start and the end only: {0} is more than the {1} steps.',
        evaluated,
        steps,
      ),
    );
  }
  if (limitComesTooLate(tune)) {
    warn(
      'maxGeneralRise',
      l10n.t(
        'The limit is looked at only after the last step, when nothing is left to correct: evaluate more often.',
      ),
    );
  }
  return warnings;
}
