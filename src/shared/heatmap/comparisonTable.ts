import {
  COMPARED_METRICS,
  relativeChange,
  type Comparison,
  type MetricKey,
  type UnitChange,
} from '../run/comparison';
import type { HeatRow } from './importanceTable';
import type { ValueTable } from './valueTable';
import type { ComparedLayer } from '../run/comparison';
import { UNIT_NAMES } from '../model/architecture';
import type { ChangeMeasure } from '../run/comparison';

/** The column of a layer as a whole. */
export const WHOLE_LAYER = 'layer';

/** How far a unit, or a layer as a whole, moved. */
export type ChangeCell = Omit<UnitChange, 'layer' | 'name'>;

export interface ChangeTable {
  /** {@link WHOLE_LAYER}, then units in the order of the computation. */
  readonly columns: readonly string[];
  /** In layer order; a unit that a layer lacks is undefined. */
  readonly rows: readonly {
    readonly layer: ComparedLayer;
    readonly cells: readonly (ChangeCell | undefined)[];
  }[];
}

/** A comparison as layers × units. */
export function changeTable({ layers, units }: Comparison): ChangeTable {
  const present = new Set(units.map(({ name }) => name));
  const known: readonly string[] = UNIT_NAMES;
  const names = [
    ...known.filter((name) => present.has(name)),
    ...[...present].filter((name) => !known.includes(name)),
  ];
  return {
    columns: [WHOLE_LAYER, ...names],
    rows: layers.map((layer) => {
      const own = units.filter((unit) => unit.layer === layer.layer);
      const cells = names.map((name) => own.find((unit) => unit.name === name));
      return { layer, cells: [together(own), ...cells] };
    }),
  };
}

/** All these parameters as one vector. */
function together(units: readonly UnitChange[]): ChangeCell {
  const length = (of: (unit: UnitChange) => number): number =>
    Math.sqrt(units.reduce((sum, unit) => sum + of(unit) ** 2, 0));
  const norm = length((unit) => unit.norm);
  const difference = length((unit) => unit.difference);
  const parameters = units.reduce((sum, unit) => sum + unit.parameters, 0);
  return { parameters, norm, difference, change: relativeChange(norm, difference) };
}

/** The numbers that a heatmap colours; undefined where there is none. */
export function heatRows(table: ChangeTable, measure: ChangeMeasure): HeatRow[] {
  return table.rows.map(({ layer, cells }) => ({
    layer: layer.layer,
    values: cells.map((cell) => cell?.[measure] ?? undefined),
  }));
}

export interface MetricRow {
  readonly key: MetricKey;
  readonly a: number | null;
  readonly b: number | null;
  /** b − a; null where either was not measured. */
  readonly difference: number | null;
  /** Which side is lower, of what should be low; null for the others, where either is missing, and for equals. */
  readonly better: 'a' | 'b' | null;
}

/** The training loss of a step is that of its batch, and says nothing of the other's. */
const LOW_IS_GOOD: readonly string[] = ['domainLoss', 'generalLoss'];

/** The metrics of both points side by side. */
export function metricRows({ a, b }: Pick<Comparison, 'a' | 'b'>): MetricRow[] {
  return COMPARED_METRICS.map(({ key }) => {
    const [left, right] = [a[key], b[key]];
    const difference = left === null || right === null ? null : right - left;
    const judged = difference !== null && difference !== 0 && LOW_IS_GOOD.includes(key);
    return { key, a: left, b: right, difference, better: !judged ? null : difference < 0 ? 'b' : 'a' };
  });
}

/** Every number in full precision, one row for each unit and each tensor outside the layers. */
export function changeValues({ layers, units, outer }: Comparison): ValueTable {
  const layerOf = new Map(layers.map((layer) => [layer.layer, layer]));
  const numbers = ({ parameters, norm, difference, change }: ChangeCell): string[] => [
    String(parameters),
    String(norm),
    String(difference),
    change === null ? '' : String(change),
  ];
  return {
    headings: [
      'layer',
      'layer in B',
      'copy of',
      'unit',
      'parameters',
      'norm in A',
      'norm of the difference',
      'relative change',
    ],
    rows: [
      ...units.map((unit) => {
        const layer = layerOf.get(unit.layer);
        const layerCells = [unit.layer, layer?.layerInB ?? '', layer?.added === true ? layer.source : ''].map(
          String,
        );
        return [...layerCells, unit.name, ...numbers(unit)];
      }),
      ...outer.map((tensor) => ['', '', '', tensor.name, ...numbers(tensor)]),
    ],
  };
}
