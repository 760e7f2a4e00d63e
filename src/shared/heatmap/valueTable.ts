import type { ImportanceTable } from './importanceTable';
import { rankAmong } from './rank';
import { columnValues } from './ranges';

/** Every value in full precision, as text: what "Show as table" shows and a CSV file holds. */
export interface ValueTable {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Rows in layer order; the rank of a layer's importance is from 1, lowest first. What was not measured is empty. */
export function valueTable(table: ImportanceTable): ValueTable {
  const importances = columnValues(table, 0);
  return {
    headings: ['layer', 'importance', 'rank', ...table.columns.slice(1).map(({ name }) => name)],
    rows: table.rows.map(({ layer, values: [importance, ...units] }) => [
      String(layer),
      textOf(importance),
      importance === undefined ? '' : String(rankAmong(importance, importances).rank),
      ...units.map(textOf),
    ]),
  };
}

function textOf(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

/** As RFC 4180 has it: commas, CRLF, quotes where they are needed. */
export function toCsv({ headings, rows }: ValueTable): string {
  return [headings, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
