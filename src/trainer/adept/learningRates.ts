import type { UnitRate } from '../../shared/runFolder';

/** A unit of a layer and its importance. */
export type RatedUnit = Pick<UnitRate, 'layer' | 'name' | 'importance'>;

/**
 * lr_U = 2·(1 − Ĩ_U)·base (arXiv 2510.10071, stage 2), Ĩ min–max normalised over all units of all added layers. Where all
 * are alike (a fresh copy measures zero everywhere) there is nothing to normalise: every unit gets the base rate.
 */
export function importanceRates(units: readonly RatedUnit[], base: number): UnitRate[] {
  const values = units.map(({ importance }) => importance);
  const lowest = Math.min(...values);
  const range = Math.max(...values) - lowest;
  return units.map((unit) => ({
    layer: unit.layer,
    name: unit.name,
    importance: unit.importance,
    learningRate: range > 0 ? 2 * (1 - (unit.importance - lowest) / range) * base : base,
  }));
}

/** The base rate for every unit, as LLaMA-Pro and full-parameter tuning have it. */
export function equalRates(units: readonly RatedUnit[], base: number): UnitRate[] {
  return units.map(({ layer, name, importance }) => ({ layer, name, importance, learningRate: base }));
}
