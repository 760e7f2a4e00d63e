import type { ImportanceFile } from '../method/importance';
import { unitKindsOf, type UnitName } from '../model/architecture';
import { isFamily } from '../model/families';

/** The heads or groups of one unit in every layer. */
export interface PartsTable {
  readonly unit: UnitName;
  /** How many each layer's unit has. */
  readonly parts: number;
  /** [layers][parts]; empty for a layer whose parts were not measured. */
  readonly rows: readonly (readonly number[])[];
}

/** Units whose parts were measured, in the order of the computation. */
export function unitsWithParts({ model, units }: ImportanceFile): UnitName[] {
  const measured = new Set(units.flatMap(({ name, parts }) => (parts === undefined ? [] : [name])));
  return isFamily(model.family)
    ? unitKindsOf(model.family).flatMap(({ name }) => (measured.has(name) ? [name] : []))
    : [];
}

/** The parts of a unit, layer by layer. */
export function partsTable({ model, units }: ImportanceFile, unit: UnitName): PartsTable {
  const byLayer = new Map(
    units.filter(({ name }) => name === unit).map(({ layer, parts }) => [layer, parts]),
  );
  const rows = Array.from({ length: model.layers }, (_, layer) => byLayer.get(layer) ?? []);
  return { unit, parts: Math.max(0, ...rows.map(({ length }) => length)), rows };
}
