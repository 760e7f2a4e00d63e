import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { ImportanceTable } from '../../src/shared/heatmap/importanceTable';
import type { ColourRange } from '../../src/shared/heatmap/ranges';
import type { GridRow } from '../common/gridRow';
import { heatClass } from '../common/heatRamp';

/** What stands for a value that was not measured. */
export const NOT_MEASURED = '–';

/** Every layer's row, in layer order. */
export function gridRows(table: ImportanceTable, ranges: readonly ColourRange[]): GridRow[] {
  const scales = table.columns.map(
    (_, column) => ranges.find(({ columns }) => columns.includes(column))?.scale,
  );
  return table.rows.map(({ layer, values }) => ({
    layer,
    heading: String(layer),
    cells: values.map((value, column) => ({
      text: value === undefined ? NOT_MEASURED : formatShort(value),
      heat: heatClass(value === undefined ? undefined : scales[column]?.heat(value)),
    })),
  }));
}
