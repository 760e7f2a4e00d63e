import type { HeatRow } from './importanceTable';

/** What rows are sorted by: the layer's number, or the values of a column. */
export interface SortOrder {
  readonly by: 'number' | { readonly column: number };
  readonly descending: boolean;
}

/**
 * Rows in an order. Ascending, ties go to the deeper layer, so that the first k rows by importance are the k layers that
 * would be suggested; descending is that order reversed. What was not measured comes last in both.
 */
export function sortRows(rows: readonly HeatRow[], { by, descending }: SortOrder): HeatRow[] {
  const valueOf = ({ layer, values }: HeatRow): number | undefined =>
    by === 'number' ? layer : values[by.column];
  const direction = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [valueOf(a), valueOf(b)];
    if (left === undefined || right === undefined) {
      return Number(left === undefined) - Number(right === undefined) || a.layer - b.layer;
    }
    return direction * (left - right || b.layer - a.layer);
  });
}

/** What the next click on a column's heading sorts by: ascending first, then the other way round. */
export function nextOrder(current: SortOrder, by: SortOrder['by']): SortOrder {
  const same =
    current.by === by ||
    (typeof current.by === 'object' && typeof by === 'object' && current.by.column === by.column);
  return { by, descending: same && !current.descending };
}
