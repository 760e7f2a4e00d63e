import { heatScale, type HeatScale, type ScaleKind } from './heatScale';
import type { HeatColumn, ImportanceTable } from './importanceTable';

/** Columns that are coloured over one range. Layers and units measure different things, so they never share one. */
export type RangeName = 'layers' | 'units' | 'norms';

export interface ColourRange {
  readonly name: RangeName;
  /** Indices of its columns. */
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly scale: HeatScale;
}

/** The range of a column; norms share that of the other units unless they are set apart. */
export function rangeOf({ kind }: HeatColumn, normsApart: boolean): RangeName {
  return kind === 'layer' ? 'layers' : kind === 'norm' && normsApart ? 'norms' : 'units';
}

/** The ranges that a table is coloured by, without empty ones. */
export function colourRanges(table: ImportanceTable, kind: ScaleKind, normsApart: boolean): ColourRange[] {
  return (['layers', 'units', 'norms'] as const).flatMap((name) => {
    const columns = [...table.columns.keys()].filter((index) => {
      const column = table.columns[index];
      return column !== undefined && rangeOf(column, normsApart) === name;
    });
    const values = columns.flatMap((column) => columnValues(table, column));
    return values.length === 0 ? [] : [{ name, columns, values, scale: heatScale(kind, values) }];
  });
}

/** What was measured of a column. */
export function columnValues(table: ImportanceTable, column: number): number[] {
  return table.rows.flatMap(({ values }) => values[column] ?? []);
}
