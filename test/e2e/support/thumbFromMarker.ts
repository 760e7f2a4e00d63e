/** How far the middle of the slider's thumb is from the line in the plot above it, pixels; runs in the page. */
export function thumbFromMarker(): number {
  const [marker, frame, input] = [
    '.strength-curve .marker',
    '.strength-slider',
    '.strength-slider input',
  ].map((selector) => document.querySelector(selector));
  if (!(frame instanceof HTMLElement && input instanceof HTMLInputElement && marker instanceof Element)) {
    return NaN;
  }
  const thumb = parseFloat(getComputedStyle(frame).getPropertyValue('--thumb'));
  const { left, width } = input.getBoundingClientRect();
  const line = marker.getBoundingClientRect();
  return left + thumb / 2 + Number(input.value) * (width - thumb) - (line.left + line.width / 2);
}
