const SIGNIFICANT_DIGITS = 3;
const PRECISE_DIGITS = 6;
const SMALLEST_PLAIN = 1e-3;
const LARGEST_PLAIN = 1e4;
// From here on toPrecision(3) would round up to an exponent.
const FIRST_WHOLE = 999.5;

/** Three significant digits, as a heatmap's cell has room for: `2.87`, `0.0123`, `3.72e-4`, `1234`, `−0.500`, `0`. */
export function formatShort(value: number): string {
  return value < 0 ? `−${positive(-value)}` : positive(value);
}

/** Six significant digits, for whoever asks for the value itself: `2.86731`, `0.01234`. */
export function formatPrecise(value: number): string {
  const text = String(Number(Math.abs(value).toPrecision(PRECISE_DIGITS)));
  return value < 0 ? `−${text}` : text;
}

function positive(size: number): string {
  if (size === 0) {
    return '0';
  }
  if (size < SMALLEST_PLAIN || size >= LARGEST_PLAIN) {
    return size.toExponential(SIGNIFICANT_DIGITS - 1).replace('e+', 'e');
  }
  return size < FIRST_WHOLE ? size.toPrecision(SIGNIFICANT_DIGITS) : size.toFixed(0);
}
