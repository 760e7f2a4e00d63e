import type { Positions } from '../common/positions';
import { l10n } from '../common/l10n';
import { pageData } from '../common/pageData';
import { DAY, HOUR, MINUTE, timeTicks } from './timeTicks';

/** A time since the beginning in its two largest units: `1 h 30 min`, `2 d 4 h`. */
export function elapsedText(seconds: number): string {
  const whole = Math.round(seconds);
  const units =
    whole >= DAY
      ? ([
          ['day', DAY],
          ['hour', HOUR],
        ] as const)
      : whole >= HOUR
        ? ([
            ['hour', HOUR],
            ['minute', MINUTE],
          ] as const)
        : ([
            ['minute', MINUTE],
            ['second', 1],
          ] as const);
  const [[large, largeSize], [small, smallSize]] = units;
  const counts = [
    [large, Math.floor(whole / largeSize)],
    [small, Math.floor((whole % largeSize) / smallSize)],
  ] as const;
  const shown = counts.filter(([, count]) => count > 0);
  return (shown.length === 0 ? counts.slice(1) : shown)
    .map(([unit, count]) =>
      new Intl.NumberFormat(pageData().locale, { style: 'unit', unit, unitDisplay: 'narrow' }).format(count),
    )
    .join(' ');
}

/** Seconds since a run began, along a chart. */
export const TIMES: Positions = {
  tick: elapsedText,
  ticks: timeTicks,
  reading: (second) => l10n.t('after {0}', elapsedText(second)),
};
