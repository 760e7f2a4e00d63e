/** How the numbers of a run are written: the same on every page. */

/** What stands where nothing was measured. */
export const NOTHING = '–';

/** Nats to four decimals; a dash for what was not measured. */
export function formatLoss(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : value.toFixed(4).replace('-', '−');
}

/** A change, with its sign. */
export function formatChange(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : signed(value, value.toFixed(4));
}

function signed(value: number, text: string): string {
  return value < 0 ? text.replace('-', '−') : `+${text}`;
}

/** A learning rate to three digits. */
export function formatRate(value: number | null | undefined): string {
  return value === null || value === undefined
    ? NOTHING
    : value === 0
      ? '0'
      : value.toExponential(2).replace('e+', 'e');
}

/** A loss on an axis: as few digits as tell it from its neighbours. */
export function formatAxisLoss(value: number, spacing: number): string {
  const digits = spacing > 0 ? Math.ceil(-Math.log10(spacing) - 1e-9) : 2;
  return value.toFixed(Math.min(6, Math.max(0, digits))).replace('-', '−');
}

/** A learning rate on an axis. */
export function formatAxisRate(value: number): string {
  return value === 0 ? '0' : value.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
}
