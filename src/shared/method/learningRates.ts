import { unitKindOf } from '../model/architecture';
import { meanRanks } from './rankCorrelation';
import type { UnitRate } from './unitRate';
import type { TuneSettings } from '../settings/tuneSettings';

/** A unit of a layer and its importance. */
export type RatedUnit = Pick<UnitRate, 'layer' | 'name' | 'importance'>;

/** How importance becomes a learning rate. */
export type RateMapping = Pick<
  TuneSettings,
  'unitRates' | 'normRange' | 'rateFloor' | 'rateCap' | 'rateSmoothing'
>;

/** Where there is nothing to tell units apart: 2·(1 − ½) is 1. */
const EVEN = 0.5;

/**
 * lr_U = 2·(1 − Ĩ_U)·base (arXiv 2510.10071, stage 2), kept between `rateFloor` and `rateCap` times the base. Ĩ lies
 * between 0 and 1:
 * - `importance`: min–max over all units of all added layers, as the paper has it;
 * - `rank`: the unit's rank among them, so that one outlier does not decide the others' rates;
 * - `released`: as the released code's two optimiser groups do: every projection follows the first, every norm the first
 *   norm, of the paper's Ĩ;
 * - `equal`: the same for all.
 *
 * Where all are alike (a fresh copy measures zero everywhere) there is nothing to normalise: every unit gets the base rate.
 * With `normRange: own` norms are compared with norms alone. With `rateSmoothing` s, a refreshed Ĩ is s·before + (1 − s)·Ĩ.
 *
 * A frozen unit stays frozen: its rate is 0.
 *
 * @param previous the rates in force; none at the start. Those without a normalised importance count for no smoothing.
 */
export function unitRates(
  units: readonly RatedUnit[],
  base: number,
  mapping: RateMapping,
  previous: readonly UnitRate[] = [],
): UnitRate[] {
  const before = new Map(previous.map((unit) => [`${unit.layer}.${unit.name}`, unit]));
  const fresh = normalizedImportance(units, mapping);
  return units.map(({ layer, name, importance }, index) => {
    const now = fresh[index] ?? EVEN;
    const old = before.get(`${layer}.${name}`);
    const normalized = mapping.rateSmoothing * (old?.normalized ?? now) + (1 - mapping.rateSmoothing) * now;
    return rated({ layer, name, importance, normalized, frozen: old?.frozen }, base, mapping);
  });
}

/** Rates at another base, of importances that are known; what an older run did not record is normalised again. */
export function ratesAt(units: readonly UnitRate[], base: number, mapping: RateMapping): UnitRate[] {
  const fresh = normalizedImportance(units, mapping);
  return units.map((unit, index) =>
    rated({ ...unit, normalized: unit.normalized ?? fresh[index] ?? EVEN }, base, mapping),
  );
}

function rated(
  {
    layer,
    name,
    importance,
    normalized,
    frozen,
  }: Omit<UnitRate, 'learningRate'> & { readonly normalized: number },
  base: number,
  { rateFloor, rateCap }: RateMapping,
): UnitRate {
  const unit = { layer, name, importance, normalized };
  if (frozen === true) {
    return { ...unit, learningRate: 0, frozen };
  }
  return { ...unit, learningRate: Math.min(rateCap, Math.max(rateFloor, 2 * (1 - normalized))) * base };
}

/** Ĩ of every unit, 0 to 1. */
function normalizedImportance(
  units: readonly RatedUnit[],
  { unitRates: kind, normRange }: RateMapping,
): number[] {
  if (kind === 'equal') {
    return units.map(() => EVEN);
  }
  const normalize = kind === 'rank' ? ranked : minMax;
  const all = (only: (unit: RatedUnit) => boolean): Map<RatedUnit, number> => {
    const chosen = units.filter(only);
    const values = normalize(chosen.map(({ importance }) => importance));
    return new Map(chosen.map((unit, index) => [unit, values[index] ?? EVEN]));
  };
  const isNorm = ({ name }: RatedUnit): boolean => unitKindOf(name) === 'norm';
  const found =
    normRange === 'own' ? new Map([...all(isNorm), ...all((unit) => !isNorm(unit))]) : all(() => true);
  const valueOf = (unit: RatedUnit): number => found.get(unit) ?? EVEN;
  if (kind !== 'released') {
    return units.map(valueOf);
  }
  const first = (norm: boolean): RatedUnit | undefined => units.find((unit) => isNorm(unit) === norm);
  return units.map((unit) => valueOf(first(isNorm(unit)) ?? unit));
}

function minMax(values: readonly number[]): number[] {
  const lowest = Math.min(...values);
  const range = Math.max(...values) - lowest;
  return values.map((value) => (range > 0 ? (value - lowest) / range : EVEN));
}

/** From 0, the least, to 1; equal values share their mean rank. */
function ranked(values: readonly number[]): number[] {
  return values.length > 1
    ? meanRanks(values).map((rank) => rank / (values.length - 1))
    : values.map(() => EVEN);
}
