import type { ChangeTable } from '../../src/shared/heatmap/comparisonTable';
import type { HeatScale } from '../../src/shared/heatmap/heatScale';
import type { HeatRow } from '../../src/shared/heatmap/importanceTable';
import type { ChangeMeasure } from '../../src/shared/run/comparison';
import type { DescribeCell, GridColumn } from '../common/heatGrid';
import type { GridRow } from '../common/gridRow';
import { heatClass } from '../common/heatRamp';
import { l10n } from '../common/l10n';
import { cellFacts, cellText, columnName, headingOf, layerText } from './texts';

export function changeColumns({ columns }: ChangeTable): GridColumn[] {
  return columns.map((column) => ({ heading: headingOf(column), name: columnName(column) }));
}

/** @param rows the numbers that are coloured, in the order that is shown */
export function changeRows(
  table: ChangeTable,
  rows: readonly HeatRow[],
  scale: HeatScale,
  measure: ChangeMeasure,
): GridRow[] {
  return rows.map(({ layer, values }) => {
    const row = rowOf(table, layer);
    return {
      layer,
      heading: row === undefined ? String(layer) : layerText(row.layer),
      cells: values.map((value, column) => ({
        text: cellText(row?.cells[column], measure),
        heat: heatClass(value === undefined ? undefined : scale.heat(value)),
      })),
    };
  });
}

export function describeChange(table: ChangeTable): DescribeCell {
  return (layer, index) => {
    const row = rowOf(table, layer);
    const column = index === undefined ? undefined : table.columns[index];
    if (row === undefined) {
      return '';
    }
    return index === undefined || column === undefined
      ? l10n.t('Layer {0}', layerText(row.layer))
      : cellFacts(row.layer, column, row.cells[index]);
  };
}

function rowOf({ rows }: ChangeTable, layer: number): ChangeTable['rows'][number] | undefined {
  return rows.find((row) => row.layer.layer === layer);
}
