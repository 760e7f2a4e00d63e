import { html, nothing, type TemplateResult } from 'lit';
import { formatMetric, type Comparison } from '../../src/shared/run/comparison';
import { metricRows, type MetricRow } from '../../src/shared/heatmap/comparisonTable';
import { l10n } from '../common/l10n';
import { differenceText, metricName } from './texts';

/** The metrics of both points side by side, with their differences. */
export function metricsTable(comparison: Comparison): TemplateResult {
  return html`<table class="metrics">
    <thead>
      <tr>
        <th scope="col"><span class="visually-hidden">${l10n.t('Metric')}</span></th>
        <th scope="col" class="numeric">A</th>
        <th scope="col" class="numeric">B</th>
        <th scope="col" class="numeric">B − A</th>
        <th scope="col"><span class="visually-hidden">${l10n.t('Better or worse')}</span></th>
      </tr>
    </thead>
    <tbody>
      ${metricRows(comparison).map((row) => metricRow(row))}
    </tbody>
  </table>`;
}

function metricRow({ key, a, b, difference, better }: MetricRow): TemplateResult {
  return html`<tr>
    <th scope="row">${metricName(key)}</th>
    <td class="numeric ${better === 'a' ? 'better' : ''}">${formatMetric(key, a)}</td>
    <td class="numeric ${better === 'b' ? 'better' : ''}">${formatMetric(key, b)}</td>
    <td class="numeric">${differenceText(key, difference)}</td>
    <td class="outcome">${outcome(better)}</td>
  </tr>`;
}

/** In words and by an arrow, not by colour alone. */
function outcome(better: MetricRow['better']): TemplateResult | typeof nothing {
  switch (better) {
    case 'a':
      return html`<span class="codicon codicon-arrow-up" aria-hidden="true"></span>${l10n.t('worse')}`;
    case 'b':
      return html`<span class="codicon codicon-arrow-down" aria-hidden="true"></span>${l10n.t('better')}`;
    case null:
      return nothing;
  }
}
