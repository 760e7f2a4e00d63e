import { ENGLISH } from '../../shared/common/localizer';
import { NOTHING } from '../../shared/common/metricText';

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** A report is in English, as a model card is: it goes to people whose language nobody knows. */
export const LANGUAGE = { l10n: ENGLISH, count: (value: number): string => COUNT.format(value) };

/** A whole number; a dash for what is not known. */
export function countText(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : COUNT.format(value);
}

/** `134M` */
export function shortCountText(value: number): string {
  return SHORT.format(value);
}

/** `2026-11-25 02:43 UTC`; the text itself where it is no time. */
export function momentText(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `1 h 12 min`, `3 min 4 s`, `12 s` */
export function spanText(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0
    ? `${COUNT.format(hours)} h ${minutes} min`
    : minutes > 0
      ? `${minutes} min ${whole % 60} s`
      : `${whole} s`;
}

/** Names in a row, those beyond the first ten counted. */
export function namesText(names: readonly string[]): string {
  const most = 10;
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
