import type { Localizer } from '../../shared/common/localizer';
import { timeLeftText } from '../../shared/run/timeLeftText';
import type { JobProgress } from './commandJob';

/** What a command is at and how long it still takes: `layer 12 of 30 – 2 min left`. */
export function progressText({ message, secondsLeft }: JobProgress, l10n: Localizer): string {
  return secondsLeft === undefined ? message : `${message} – ${timeLeftText(secondsLeft, l10n)}`;
}
