import { html, type TemplateResult } from 'lit';
import { formatPrecise, formatShort } from '../../src/shared/heatmap/formatNumber';
import type { ImportanceTable } from '../../src/shared/heatmap/importanceTable';
import { quadrantPoints, type QuadrantPoint } from '../../src/shared/heatmap/quadrants';
import { contrastOrder } from '../../src/shared/method/layerChoice';
import { rankCorrelation } from '../../src/shared/method/rankCorrelation';
import { l10n } from '../common/l10n';
import { fold } from './fold';
import type { Fold } from './heatmapView';
import { quadrantName, type QuadrantPlotEvents } from './quadrantPlot';
import type { ShownImportance } from './shownImportance';
import { columnName } from './texts';
import { scrollingTable } from '../common/dataTable';

export interface QuadrantContent {
  readonly shown: ShownImportance;
  /** The column of the heatmap that layers are placed by. */
  readonly column: number;
  readonly marked: ReadonlySet<number>;
  readonly choose: (column: number) => void;
  readonly mark: (layer: number) => void;
  readonly open: readonly Fold[];
  readonly toggle: (open: readonly Fold[]) => void;
}

/** General × domain importance, where both were measured. */
export function quadrantView(content: QuadrantContent): TemplateResult {
  const { domainTable } = content.shown;
  const { open, toggle } = content;
  const heading = l10n.t('General and domain text');
  return domainTable === undefined
    ? html``
    : fold({ name: 'quadrants', heading, open, toggle }, () => quadrants(content, domainTable));
}

function quadrants(
  { shown: { table }, column, marked, choose, mark }: QuadrantContent,
  domainTable: ImportanceTable,
): TemplateResult {
  const points = quadrantPoints(table, domainTable, column);
  const correlation = rankCorrelation(
    points.map(({ general }) => general),
    points.map(({ domain }) => domain),
  );
  return html`<section class="quadrants" aria-label=${l10n.t('General and domain text')}>
    <p class="toolbar">
      <label for="quadrant-column">${l10n.t('Layers by')}</label>
      <select
        id="quadrant-column"
        @change=${(event: Event) => {
          choose(Number((event.currentTarget as HTMLSelectElement).value));
        }}
      >
        ${table.columns.map(
          (heatColumn, index) =>
            html`<option value=${index} ?selected=${index === column}>${columnName(heatColumn)}</option>`,
        )}
      </select>
      <span class="muted"
        >${Number.isNaN(correlation) ? l10n.t('no rank correlation: all values are equal') : l10n.t('rank correlation {0}', correlation.toFixed(2))}</span
      >
    </p>
    <div class="quadrant-panes">
      <adept-quadrant-plot
        .points=${points}
        .marked=${marked}
        .describe=${describe}
        @mark=${({ detail }: QuadrantPlotEvents['mark']) => {
          mark(detail);
        }}
      ></adept-quadrant-plot>
      ${contrastTable(points)}
    </div>
  </section>`;
}

/** The layers by how much more they matter to the domain than to general text, those that do most first. */
function contrastTable(points: readonly QuadrantPoint[]): TemplateResult {
  const sorted = contrastOrder(
    points.map(({ general }) => general),
    points.map(({ domain }) => domain),
  ).flatMap((index) => points[index] ?? []);
  const rows = sorted.map(({ layer, general, domain, quadrant }) => ({
    name: layer,
    cells: [formatShort(general), formatShort(domain), quadrantName(quadrant)],
  }));
  const headings = [l10n.t('layer'), l10n.t('general'), l10n.t('domain'), l10n.t('quadrant')];
  return scrollingTable(l10n.t('Layers by contrast'), { headings, rows }, { classes: 'contrasts' });
}

function describe({ layer, general, domain, quadrant }: QuadrantPoint): string {
  return l10n.t(
    'Layer {0}: {1} on general text, {2} on domain text; {3}',
    layer,
    formatPrecise(general),
    formatPrecise(domain),
    quadrantName(quadrant),
  );
}
