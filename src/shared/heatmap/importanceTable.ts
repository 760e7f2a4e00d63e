import { inputError } from '../common/errors';
import type { ImportanceFile } from '../method/importance';
import { unitKindOf, unitKindsOf, type UnitKind } from '../model/architecture';
import { isFamily } from '../model/families';

/** A column of the heatmap: the layer as a whole, or one unit of it. */
export interface HeatColumn {
  /** `layer`, or a unit's. */
  readonly name: string;
  readonly kind: 'layer' | UnitKind;
}

/** A layer's values, one for each column; undefined where nothing was measured. */
export interface HeatRow {
  readonly layer: number;
  readonly values: readonly (number | undefined)[];
}

export interface ImportanceTable {
  /** Layer importance first, then the units in the order of the computation. */
  readonly columns: readonly HeatColumn[];
  /** In layer order. */
  readonly rows: readonly HeatRow[];
}

/**
 * An importance.json as rows and columns.
 * @throws AdeptError (input) naming file and field when layers or units are missing, given twice or unknown.
 */
export function importanceTable(file: ImportanceFile, where: string): ImportanceTable {
  const { family, layers } = file.model;
  const units = isFamily(family) ? unitKindsOf(family) : unitKindsIn(file);
  const columns: readonly HeatColumn[] = [{ name: 'layer', kind: 'layer' }, ...units];
  const values = layerValues(file, where);
  const rows = values.map((value, layer) => ({
    layer,
    values: columns.map(({ name }): number | undefined => (name === 'layer' ? value : undefined)),
  }));
  const positions = new Map<string, number>(columns.map(({ name }, index) => [name, index]));
  positions.delete('layer');
  for (const [index, { layer, name, importance }] of file.units.entries()) {
    const row = rows[layer];
    const position = positions.get(name);
    const field = `${where}: "units.${index}"`;
    if (row === undefined) {
      throw inputError(`${field} is of layer ${layer}, but the model has ${layers}: analyze it again.`);
    }
    if (position === undefined) {
      throw inputError(`${field} is "${name}", a unit that no ${family} model has: analyze it again.`);
    }
    if (row.values[position] !== undefined) {
      throw inputError(`${field} gives layer ${layer}'s ${name} a second time: analyze it again.`);
    }
    row.values[position] = importance;
  }
  return { columns, rows };
}

/** Units of a family that the architecture table does not have: those that were measured, in their order. */
function unitKindsIn({ units }: ImportanceFile): HeatColumn[] {
  const names = new Set(units.map(({ name }) => name));
  return [...names].map((name) => ({ name, kind: unitKindOf(name) }));
}

function layerValues(file: ImportanceFile, where: string): number[] {
  const { layers } = file.model;
  const values = new Map(file.layers.map(({ index, importance }) => [index, importance]));
  return Array.from({ length: checkedCount(file, where) }, (_, index) => {
    const value = values.get(index);
    if (value === undefined) {
      throw inputError(`${where}: "layers" lacks layer ${index} of ${layers}: analyze the model again.`);
    }
    return value;
  });
}

function checkedCount({ layers, model }: ImportanceFile, where: string): number {
  if (model.layers !== layers.length || layers.length === 0) {
    throw inputError(
      `${where}: "layers" describes ${layers.length} layers, "model.layers" is ${model.layers}: analyze the model again.`,
    );
  }
  return layers.length;
}
