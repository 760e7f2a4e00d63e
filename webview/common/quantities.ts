import { bytesText as bytesIn } from '../../src/shared/common/bytesText';
import { pageData } from './pageData';

// Making one takes far longer than using it, and tables are full of numbers.
let counts: Intl.NumberFormat | undefined;

/** A whole number with the language's separators. */
export function countText(count: number): string {
  counts ??= new Intl.NumberFormat(pageData().locale, { maximumFractionDigits: 0 });
  return counts.format(count);
}

/** A large count in short: `134.5M`. */
export function shortCountText(count: number): string {
  return new Intl.NumberFormat(pageData().locale, {
    notation: 'compact',
    maximumSignificantDigits: 4,
  }).format(count);
}

/** Bytes in decimal units, as disks and memory are sold. */
export function bytesText(bytes: number): string {
  return bytesIn(bytes, (options) => new Intl.NumberFormat(pageData().locale, options), 4);
}

export function percentText(share: number): string {
  return new Intl.NumberFormat(pageData().locale, { style: 'percent', maximumFractionDigits: 1 }).format(
    share,
  );
}
