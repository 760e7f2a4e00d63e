import type { Localizer } from '../common/localizer';
import type { Setting } from './settingTable';

/** What a setting takes, for a sentence: "a whole number of at least 1". */
export function wanted(setting: Setting, l10n: Localizer): string {
  switch (setting.kind) {
    case 'whole':
      return l10n.t('a whole number of at least {0}', setting.min);
    case 'number':
      return setting.max === undefined
        ? l10n.t('a number of at least {0}', setting.min)
        : l10n.t('a number from {0} to {1}', setting.min, setting.max);
    case 'switch':
      return l10n.t('true or false');
    case 'choice':
      return l10n.t('one of {0}', setting.choices.join(', '));
    case 'text':
      return l10n.t('a text');
  }
}
