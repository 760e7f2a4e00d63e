const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/**
 * Bytes in decimal units, as disks and memory are sold.
 * @param format numbers in the person's language
 * @param digits significant ones
 */
export function bytesText(
  bytes: number,
  format: (options: Intl.NumberFormatOptions) => Intl.NumberFormat,
  digits = 3,
): string {
  if (bytes < 1000) {
    // Intl writes "12 byte", also of many.
    return `${format({ maximumFractionDigits: 0 }).format(bytes)} B`;
  }
  const power = Math.min(UNITS.length, Math.floor(Math.log10(bytes) / 3));
  const unit = UNITS[power - 1] ?? 'kilobyte';
  return format({ style: 'unit', unit, maximumSignificantDigits: digits }).format(bytes / 1000 ** power);
}
