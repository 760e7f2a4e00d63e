import type { ImportanceTable } from './importanceTable';
import { rankAmong, type Rank } from './rank';
import { columnValues, type ColourRange, type RangeName } from './ranges';

/** What there is to say about one measured value. */
export interface CellFacts {
  readonly value: number;
  readonly inColumn: Rank;
  /** Among all values that share its colours. */
  readonly inRange: Rank;
  readonly range: RangeName;
}

/** The facts of a cell; undefined where nothing was measured. */
export function cellFacts(
  table: ImportanceTable,
  ranges: readonly ColourRange[],
  layer: number,
  column: number,
): CellFacts | undefined {
  const value = table.rows[layer]?.values[column];
  const range = ranges.find(({ columns }) => columns.includes(column));
  return value === undefined || range === undefined
    ? undefined
    : {
        value,
        inColumn: rankAmong(value, columnValues(table, column)),
        inRange: rankAmong(value, range.values),
        range: range.name,
      };
}
