import { html, type TemplateResult } from 'lit';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { PreviewedRate, RatePreview } from '../../src/shared/launch/ratePreview';
import { l10n } from '../common/l10n';
import { scrollingTable, type DataRow } from '../common/dataTable';

/** Digits of a learning rate, and of what it is of the base rate. */
const RATE_DIGITS = 3;

/** The learning rates that a run would begin with, and the numbers that lead to them. */
export function rateView(preview: RatePreview): TemplateResult {
  if (!preview.known) {
    return html`<p class="muted">${reason(preview.why)}</p>`;
  }
  const headings = [
    l10n.t('unit'),
    l10n.t('importance'),
    l10n.t('0 to 1'),
    l10n.t('× base'),
    l10n.t('learning rate'),
  ];
  const caption = l10n.t(
    'At the start, before the schedule. Importance is that of the layer that is copied; 0 is the least of the units, 1 the most.',
  );
  const rows = preview.rates.map((rate) => row(rate, preview.baseLearningRate));
  return scrollingTable(
    l10n.t('Learning rates at the start'),
    { caption, headings, rows },
    { classes: 'rates' },
  );
}

function row(
  { source, name, importance, normalized, learningRate }: PreviewedRate,
  baseLearningRate: number,
): DataRow {
  const factor = baseLearningRate > 0 ? learningRate / baseLearningRate : 0;
  return {
    name: `${source}.${name.split('.').at(-1) ?? name}`,
    title: l10n.t('{0} in the copy of layer {1}', name, source),
    cells: [
      formatShort(importance),
      (normalized ?? 0).toFixed(2),
      factor.toFixed(2),
      learningRate.toPrecision(RATE_DIGITS),
    ],
  };
}

function reason(why: Extract<RatePreview, { known: false }>['why']): string {
  switch (why) {
    case 'no layers':
      return l10n.t('Mark layers to see the learning rates of their copies.');
    case 'settings':
      return l10n.t('Give steps and a learning rate to see the learning rates of the units.');
    case 'measured again':
      return l10n.t(
        'This analysis measured the other definition of unit importance: the rates are measured when the run starts.',
      );
  }
}
