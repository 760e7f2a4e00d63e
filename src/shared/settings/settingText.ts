import type { Setting } from './settingTable';

/** What a setting takes, for a sentence: "a whole number of at least 1". */
export function wanted(setting: Setting): string {
  switch (setting.kind) {
    case 'whole':
      return `a whole number of at least ${setting.min}`;
    case 'number':
      return setting.max === undefined
        ? `a number of at least ${setting.min}`
        : `a number from ${setting.min} to ${setting.max}`;
    case 'switch':
      return 'true or false';
    case 'choice':
      return `one of ${setting.choices.join(', ')}`;
    case 'text':
      return 'a text';
  }
}
