import { toCsv } from '../heatmap/valueTable';
import type { RunRow } from './runRow';

/** The rows in the order they are shown, numbers in full precision; what is not known is empty. */
export function runsCsv(rows: readonly RunRow[]): string {
  const textOf = (value: number | string | null): string => (value === null ? '' : String(value));
  return toCsv({
    headings: [
      ...['name', 'state', 'model', 'expanded layers', 'learning rate', 'step', 'steps'],
      ...['domain loss change', 'general loss change', 'seconds', 'started', 'tags', 'note', 'folder'],
    ],
    rows: rows.map((row) => [
      ...[row.name, row.state, textOf(row.model), (row.layers ?? []).join(' '), textOf(row.learningRate)],
      ...[textOf(row.step), textOf(row.steps), textOf(row.domainChange), textOf(row.generalChange)],
      ...[textOf(row.seconds), textOf(row.startedAt), row.tags.join(', '), row.note, row.path],
    ]),
  });
}
