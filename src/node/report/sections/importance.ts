import { colourRanges } from '../../../shared/heatmap/ranges';
import { definitionOf } from '../../../shared/glossary/glossary';
import { heatTable } from '../heatTable';
import { html } from '../html';
import { countText, LANGUAGE, namesText } from '../numbers';
import type { ReportSection } from './section';

/** The heatmap that the layers were chosen on. */
export const IMPORTANCE: ReportSection = {
  id: 'importance',
  title: 'Importance of layers and units',
  body: ({ importance, manifest }) => {
    if (importance === undefined) {
      return undefined;
    }
    const { table, mode, probe } = importance;
    const ranges = colourRanges(table, 'rank', false);
    const copied = new Set(manifest?.added.map(({ source }) => source));
    const rows = table.rows.map(({ layer, values }) => ({
      ...{ name: String(layer), values },
      note: copied.has(layer) ? 'copied' : undefined,
    }));
    const columns = table.columns.map(({ name }) => (name === 'layer' ? 'importance' : name));
    const { text } = definitionOf('importance', LANGUAGE.l10n);
    const measured = `Measured ${mode === 'fast' ? 'by the fast estimate ' : ''}on ${countText(probe.sequences)} sequences (${countText(probe.tokens)} tokens) of ${namesText(probe.sources)}.`;
    return html`<p>
        ${text} ${measured} The stronger its colour, the more important, by rank: layers among themselves,
        units among themselves.
      </p>
      ${heatTable('Importance of layers and units', columns, rows, (value, column) => ranges.find((range) => range.columns.includes(column))?.scale.heat(value))}`;
  },
};
