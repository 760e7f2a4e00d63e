import { pageData } from './pageData';
import { NOTHING } from '../../src/shared/common/metricText';
import { countText } from './quantities';

export {
  formatAxisLoss,
  formatAxisRate,
  formatChange,
  formatLoss,
  formatRate,
} from '../../src/shared/common/metricText';

/** A whole number with the locale's separators; a dash for what was not measured. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : countText(value);
}

/** Date and time of an ISO time; the text itself where it is none. */
export function formatMoment(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? time
    : date.toLocaleString(pageData().locale, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The time of day of an ISO time; the text itself where it is none. */
export function formatTime(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toLocaleTimeString(pageData().locale);
}

export function formatPercent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`;
}
