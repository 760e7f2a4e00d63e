const SIGNIFICANT_DIGITS = 3;
const SMALLEST_PLAIN = 1e-3;
const LARGEST_PLAIN = 1e4;
// From here on toPrecision(3) would round up to an exponent.
const FIRST_WHOLE = 999.5;

/** Three significant digits, as a heatmap's cell has room for: `2.87`, `0.0123`, `3.72e-4`, `1234`, `-0.500`, `0`. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size === 0) {
    return '0';
  }
  if (size < SMALLEST_PLAIN || size >= LARGEST_PLAIN) {
    return value.toExponential(SIGNIFICANT_DIGITS - 1).replace('e+', 'e');
  }
  return size < FIRST_WHOLE ? value.toPrecision(SIGNIFICANT_DIGITS) : value.toFixed(0);
}
