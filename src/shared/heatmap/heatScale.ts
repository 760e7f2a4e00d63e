import { relativeRanks } from './rank';

export const SCALE_KINDS = ['linear', 'log', 'rank'] as const;
export type ScaleKind = (typeof SCALE_KINDS)[number];

/** How strongly a value is coloured, 0 to 1; or that it is off the scale (zero and below on a log scale). */
export type Heat = number | 'off scale';

/** The colouring of one range of values. */
export interface HeatScale {
  readonly kind: ScaleKind;
  /** Ends of the range. On a log scale the lowest is the lowest positive value. Undefined where there is nothing to colour. */
  readonly lowest: number | undefined;
  readonly highest: number | undefined;
  /** How many values are off the scale. */
  readonly offScale: number;
  heat(value: number): Heat;
}

/** A value in a range without extent is neither low nor high. */
const FLAT_HEAT = 0.5;

/** The scale over these finite values. */
export function heatScale(kind: ScaleKind, values: readonly number[]): HeatScale {
  const onScale = kind === 'log' ? values.filter((value) => value > 0) : values;
  const [lowest, highest] = onScale.length === 0 ? [] : [minimum(onScale), maximum(onScale)];
  return {
    kind,
    lowest,
    highest,
    offScale: values.length - onScale.length,
    heat: heatFunction(kind, onScale, lowest, highest),
  };
}

function heatFunction(
  kind: ScaleKind,
  values: readonly number[],
  lowest: number | undefined,
  highest: number | undefined,
): (value: number) => Heat {
  if (lowest === undefined || highest === undefined) {
    return () => 'off scale';
  }
  const isOff = (value: number): boolean => kind === 'log' && value <= 0;
  if (lowest === highest) {
    return (value) => (isOff(value) ? 'off scale' : FLAT_HEAT);
  }
  switch (kind) {
    case 'linear':
      return (value) => (value - lowest) / (highest - lowest);
    case 'log':
      return (value) => (isOff(value) ? 'off scale' : Math.log(value / lowest) / Math.log(highest / lowest));
    case 'rank': {
      const ranks = relativeRanks(values);
      return (value) => ranks.get(value) ?? 'off scale';
    }
  }
}

// Not Math.min(...values): a model of many layers has more units than a call may have arguments.
function minimum(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function maximum(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}
