import type { ImportanceFile } from '../method/importance';
import { unitKindsOf, type UnitName } from '../model/architecture';
import { isFamily } from '../model/families';

/** Attention heads or groups of neurons of one unit, in every layer. */
export interface GroupsTable {
  readonly unit: UnitName;
  /** How many each layer's unit has. */
  readonly groups: number;
  /** [layers][groups]; empty for a layer whose groups were not measured. */
  readonly rows: readonly (readonly number[])[];
}

/** Units whose groups were measured, in the order of the computation. */
export function unitsWithGroups({ model, units }: ImportanceFile): UnitName[] {
  const measured = new Set(units.flatMap(({ name, parts }) => (parts === undefined ? [] : [name])));
  return isFamily(model.family)
    ? unitKindsOf(model.family).flatMap(({ name }) => (measured.has(name) ? [name] : []))
    : [];
}

/** The groups of a unit, layer by layer. */
export function groupsTable({ model, units }: ImportanceFile, unit: UnitName): GroupsTable {
  const byLayer = new Map(
    units.filter(({ name }) => name === unit).map(({ layer, parts }) => [layer, parts]),
  );
  const rows = Array.from({ length: model.layers }, (_, layer) => byLayer.get(layer) ?? []);
  return { unit, groups: Math.max(0, ...rows.map(({ length }) => length)), rows };
}
