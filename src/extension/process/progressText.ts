import type { Localizer } from '../window/localizer';
import type { JobProgress } from './commandJob';

/** What a command is at and how long it still takes: `layer 12 of 30 – 2 min left`. */
export function progressText({ message, secondsLeft }: JobProgress, l10n: Localizer): string {
  return secondsLeft === undefined ? message : `${message} – ${timeLeftText(secondsLeft, l10n)}`;
}

/** Seconds as people say them, rounded to what is known. */
export function timeLeftText(seconds: number, l10n: Localizer): string {
  if (seconds < 60) {
    return l10n.t('{0} s left', Math.max(1, Math.ceil(seconds)));
  }
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60
    ? l10n.t('{0} min left', minutes)
    : l10n.t('{0} h {1} min left', Math.floor(minutes / 60), minutes % 60);
}
