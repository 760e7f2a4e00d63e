/** Red, green and blue of sRGB, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Ends of the colours of a heatmap on a light page of paper. */
export const HEAT_LOW: Rgb = [247, 251, 255];
export const HEAT_HIGH: Rgb = [8, 48, 107];

/** The colour at a share of the way from one to another, 0 to 1. */
export function mixed(low: Rgb, high: Rgb, share: number): Rgb {
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(low[channel] + share * (high[channel] - low[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** As CSS writes it. */
export function cssColour([red, green, blue]: Rgb): string {
  return `rgb(${red},${green},${blue})`;
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
/** WCAG 2.2, 1.4.3, of text of any size. */
export const TEXT_CONTRAST = 4.5;

/** Contrast ratio of two colours as WCAG defines it, 1 to 21. */
function contrastRatio(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

/**
 * The text colour for a ground: the preferred one where it can be read, otherwise black or white, of which one always
 * reaches a contrast of 4.58.
 */
export function inkOn(ground: Rgb, preferred: Rgb): Rgb {
  if (contrastRatio(ground, preferred) >= TEXT_CONTRAST) {
    return preferred;
  }
  return contrastRatio(ground, BLACK) >= contrastRatio(ground, WHITE) ? BLACK : WHITE;
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
