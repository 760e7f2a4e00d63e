/** What an axis shows. */
export interface Axis {
  readonly low: number;
  readonly high: number;
}

/** At most so many on an axis, apart from its end. */
const MOST = 7;
/** Times a power of ten, what lies between two of them. */
const STEPS = [1, 2, 5, 10];

export interface AxisTick {
  readonly value: number;
  readonly text: string;
  /** Between two ticks. */
  readonly spacing: number;
}

/** Round values that an axis shows, zero among them where it is on it. @param least what lies between two of them at least */
export function axisTicks({ low, high }: Axis, most = MOST, least = 0): AxisTick[] {
  const rough = Math.max(least, (high - low) / most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const spacing = (STEPS.find((factor) => factor * power >= rough) ?? 10) * power;
  const digits = Math.max(0, -Math.floor(Math.log10(spacing)));
  const first = Math.ceil(low / spacing);
  return Array.from({ length: Math.floor(high / spacing) - first + 1 }, (_, index) => {
    const value = (first + index) * spacing;
    return { value, text: value.toFixed(digits).replace('-', '−'), spacing };
  });
}
