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
  if (bytes < 1000) {
    // Intl writes "12 byte", also for many.
    return `${countText(bytes)} B`;
  }
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(pageData().locale, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    maximumSignificantDigits: 4,
  }).format(bytes / 1000 ** power);
}

export function percentText(share: number): string {
  return new Intl.NumberFormat(pageData().locale, { style: 'percent', maximumFractionDigits: 1 }).format(
    share,
  );
}
