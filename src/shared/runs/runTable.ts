import * as v from 'valibot';
import type { Localizer } from '../common/localizer';
import { stateText } from '../run/stateText';
import { ROW_STATES, type RowState, type RunRow } from './runRow';

/** The columns of the table of runs, in their order: what a narrow page cuts off is what tells runs apart least. */
export const RUN_COLUMNS = [
  'name',
  'state',
  'domainChange',
  'generalChange',
  'steps',
  'learningRate',
  'layers',
  'seconds',
  'tags',
  'note',
  'model',
  'startedAt',
] as const;
export type RunColumn = (typeof RUN_COLUMNS)[number];

export const RunOrder = v.object({ column: v.picklist(RUN_COLUMNS), descending: v.boolean() });
export type RunOrder = v.InferOutput<typeof RunOrder>;

/** What is shown: rows that hold every word of the text, of one state or of all. */
export const RunFilter = v.object({ text: v.string(), state: v.nullable(v.picklist(ROW_STATES)) });
export type RunFilter = v.InferOutput<typeof RunFilter>;

/** What a column is sorted by; null comes last in either direction. */
function keyOf(row: RunRow, column: RunColumn): string | number | null {
  switch (column) {
    case 'name':
    case 'model':
    case 'startedAt':
    case 'learningRate':
    case 'domainChange':
    case 'generalChange':
    case 'seconds':
      return row[column];
    case 'state':
      return ROW_STATES.indexOf(row.state);
    case 'layers':
      return row.layers === null ? null : row.layers.length;
    case 'steps':
      return row.step;
    case 'tags':
      return row.tags.length === 0 ? null : row.tags.join(', ');
    case 'note':
      return row.note === '' ? null : row.note;
  }
}

/** Rows in an order; rows that are alike in it by name. */
export function sortRuns(rows: readonly RunRow[], { column, descending }: RunOrder): RunRow[] {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  const direction = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [keyOf(a, column), keyOf(b, column)];
    const byName = collator.compare(a.name, b.name) || collator.compare(a.path, b.path);
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null) || byName;
    }
    const difference =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : collator.compare(String(left), String(right));
    return direction * difference || byName;
  });
}

/** The order after a click on a heading: numbers and times from the other end first, which is what is looked for. */
export function nextRunOrder(current: RunOrder, column: RunColumn): RunOrder {
  const first = column === 'startedAt' || column === 'steps' || column === 'seconds';
  return { column, descending: current.column === column ? !current.descending : first };
}

/** The rows that fit: each word of the text is in name, study, model, state, tags or note, whatever its case. */
export function filterRuns(rows: readonly RunRow[], filter: RunFilter, l10n: Localizer): RunRow[] {
  const words = filter.text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = [
      row.name,
      row.study ?? '',
      row.model ?? '',
      stateText(row.state, l10n),
      ...row.tags,
      row.note,
    ]
      .join('\n')
      .toLocaleLowerCase();
    return (
      (filter.state === null || row.state === filter.state) && words.every((word) => text.includes(word))
    );
  });
}

/** The states that occur, in the table's order. */
export function statesOf(rows: readonly RunRow[]): RowState[] {
  return ROW_STATES.filter((state) => rows.some((row) => row.state === state));
}
