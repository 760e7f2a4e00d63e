import { html, nothing, type TemplateResult } from 'lit';
import {
  comparedScores,
  formatMetric,
  pointsText,
  type ComparedScore,
  type Comparison,
} from '../../src/shared/run/comparison';
import { intervalText, metricText, percentText, type Score } from '../../src/shared/run/scores';
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
      ${comparedScores(comparison).map((score) => scoreRow(score))}
    </tbody>
  </table>`;
}

function metricRow({ key, a, b, difference, better }: MetricRow): TemplateResult {
  return html`<tr>
    <th scope="row">${metricName(key)}</th>
    <td class="numeric ${better === 'a' ? 'better' : ''}">${formatMetric(key, a)}</td>
    <td class="numeric ${better === 'b' ? 'better' : ''}">${formatMetric(key, b)}</td>
    <td class="numeric">${differenceText(key, difference)}</td>
    <td class="outcome">${outcome(better, 'less')}</td>
  </tr>`;
}

/** A share of right answers: more is better, where it is no chance. */
function scoreRow({ task, metric, a, b, mayBeChance }: ComparedScore): TemplateResult {
  const difference = a === undefined || b === undefined ? undefined : b.value - a.value;
  const better =
    difference === undefined || difference === 0 || mayBeChance ? null : difference > 0 ? 'b' : 'a';
  const cell = (side: 'a' | 'b', score: Score | undefined): TemplateResult =>
    html`<td
      class="numeric ${better === side ? 'better' : ''}"
      title=${score === undefined ? nothing : l10n.t('95 % interval: {0}', intervalText(score.interval))}
    >
      ${score === undefined ? '–' : percentText(score.value)}
    </td>`;
  return html`<tr>
    <th scope="row">${task}, ${metricText(metric, l10n)}</th>
    ${cell('a', a)} ${cell('b', b)}
    <td class="numeric">${difference === undefined ? '–' : pointsText(difference, l10n)}</td>
    <td class="outcome">
      ${
        mayBeChance && difference !== 0
          ? html`<span class="muted">${l10n.t('may be chance')}</span>`
          : outcome(better, 'more')
      }
    </td>
  </tr>`;
}

/** In words and by an arrow, not by colour alone. */
function outcome(better: MetricRow['better'], good: 'less' | 'more'): TemplateResult | typeof nothing {
  const arrow = (isUp: boolean): TemplateResult =>
    html`<span class="codicon codicon-arrow-${isUp ? 'up' : 'down'}" aria-hidden="true"></span>`;
  switch (better) {
    case 'a':
      return html`${arrow(good === 'less')}${l10n.t('worse')}`;
    case 'b':
      return html`${arrow(good === 'more')}${l10n.t('better')}`;
    case null:
      return nothing;
  }
}
