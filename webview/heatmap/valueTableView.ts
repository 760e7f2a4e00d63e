import type { TemplateResult } from 'lit';
import type { ValueTable } from '../../src/shared/heatmap/valueTable';
import { scrollingTable } from '../common/dataTable';
import { l10n } from '../common/l10n';

/** Every value as plain text in a plain table: for screen readers, and to be copied. */
export function valueTableView({ headings, rows }: ValueTable): TemplateResult {
  return scrollingTable(
    l10n.t('All values'),
    {
      classes: 'values numeric',
      caption: l10n.t('All values in full; rank 1 is the layer of lowest importance.'),
      headings,
      rows: rows.map(([name, ...cells]) => ({ name, cells })),
    },
    { classes: 'grid-scroll' },
  );
}
