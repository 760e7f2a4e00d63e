import type { HeatScale } from './heatScale';

const HEATS = [0, 0.25, 0.5, 0.75, 1] as const;

/**
 * Heats from low to high with the values they stand for; a single one where all values are equal.
 * @param values all that are coloured
 */
export function legendSamples(scale: HeatScale, values: readonly number[]): (readonly [number, number])[] {
  const { kind, lowest, highest } = scale;
  if (lowest === undefined || highest === undefined) {
    return [];
  }
  if (lowest === highest) {
    return [[0.5, lowest]];
  }
  const sorted = kind === 'rank' ? [...values].sort((a, b) => a - b) : [];
  return HEATS.map((heat) => {
    switch (kind) {
      case 'linear':
        return [heat, lowest + heat * (highest - lowest)];
      case 'log':
        return [heat, lowest * (highest / lowest) ** heat];
      case 'rank':
        return [heat, sorted[Math.round(heat * (sorted.length - 1))] ?? lowest];
    }
  });
}
