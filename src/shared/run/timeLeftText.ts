import type { Localizer } from '../common/localizer';

/** Seconds that something still takes, as people say them, rounded to what is known. */
export function timeLeftText(seconds: number, l10n: Localizer): string {
  if (seconds < 60) {
    return l10n.t('{0} s left', Math.max(1, Math.ceil(seconds)));
  }
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) {
    return l10n.t('{0} min left', minutes);
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? l10n.t('{0} h {1} min left', hours, minutes % 60)
    : l10n.t('{0} d {1} h left', Math.floor(hours / 24), hours % 24);
}
