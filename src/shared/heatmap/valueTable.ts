import type { ConfidenceIntervals } from '../method/importance';
import type { HeatRow, ImportanceTable } from './importanceTable';
import { rankAmong } from './rank';
import { columnValues } from './ranges';

/** Every value in full precision, as text: what "Show as table" shows and a CSV file holds. */
export interface ValueTable {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What was measured beside importance on general text. */
export interface FurtherValues {
  readonly confidence?: ConfidenceIntervals | undefined;
  readonly domain?: ImportanceTable | undefined;
}

/** Rows in layer order; the rank of a layer's importance is from 1, lowest first. What was not measured is empty. */
export function valueTable(table: ImportanceTable, { confidence, domain }: FurtherValues = {}): ValueTable {
  const bounds = new Map(confidence?.layers.map((layer) => [layer.index, layer]));
  const names = table.columns.slice(1).map(({ name }) => name);
  return {
    headings: [
      ...['layer', 'importance', 'rank'],
      ...(confidence ? ['low', 'high', 'lowest rank', 'highest rank'] : []),
      ...names,
      ...(domain ? ['domain importance', 'domain rank', ...names.map((name) => `domain ${name}`)] : []),
    ],
    rows: table.rows.map(({ layer, values }) => {
      const { low, high, lowestRank, highestRank } = bounds.get(layer) ?? {};
      return [
        String(layer),
        ...withRank(table, values),
        ...(confidence ? [low, high, lowestRank, highestRank].map(textOf) : []),
        ...values.slice(1).map(textOf),
        ...(domain
          ? [
              ...withRank(domain, domain.rows[layer]?.values ?? []),
              ...names.map((_, unit) => textOf(domain.rows[layer]?.values[unit + 1])),
            ]
          : []),
      ];
    }),
  };
}

function withRank(table: ImportanceTable, [importance]: HeatRow['values']): string[] {
  const rank = importance === undefined ? '' : String(rankAmong(importance, columnValues(table, 0)).rank);
  return [textOf(importance), rank];
}

function textOf(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

/** As RFC 4180 has it: commas, CRLF, quotes where they are needed. */
export function toCsv({ headings, rows }: ValueTable): string {
  return [headings, ...rows].map(csvLine).join('');
}

/** A row of it, with its end. */
export function csvLine(row: readonly string[]): string {
  return `${row.map(quoted).join(',')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
