import { html, type TemplateResult } from 'lit';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { PreviewedRate, RatePreview } from '../../src/shared/launch/ratePreview';
import { l10n } from '../common/l10n';

/** Digits of a learning rate, and of what it is of the base rate. */
const RATE_DIGITS = 3;

/** The learning rates that a run would begin with, and the numbers that lead to them. */
export function rateView(preview: RatePreview): TemplateResult {
  if (!preview.known) {
    return html`<p class="muted">${reason(preview.why)}</p>`;
  }
  return html`<div
    class="rates"
    tabindex="0"
    role="region"
    aria-label=${l10n.t('Learning rates at the start')}
  >
    <table class="numbers">
      <caption>
        ${l10n.t(
          'At the start, before the schedule. Importance is that of the layer that is copied; 0 is the least of the units, 1 the most.',
        )}
      </caption>
      <thead>
        <tr>
          <th scope="col">${l10n.t('unit')}</th>
          <th scope="col">${l10n.t('importance')}</th>
          <th scope="col">${l10n.t('0 to 1')}</th>
          <th scope="col">${l10n.t('× base')}</th>
          <th scope="col">${l10n.t('learning rate')}</th>
        </tr>
      </thead>
      <tbody>
        ${preview.rates.map((rate) => row(rate, preview.baseLearningRate))}
      </tbody>
    </table>
  </div>`;
}

function row(
  { source, name, importance, normalized, learningRate }: PreviewedRate,
  baseLearningRate: number,
): TemplateResult {
  const factor = baseLearningRate > 0 ? learningRate / baseLearningRate : 0;
  return html`<tr>
    <th scope="row" title=${l10n.t('{0} in the copy of layer {1}', name, source)}>
      ${source}.${name.split('.').at(-1) ?? name}
    </th>
    <td>${formatShort(importance)}</td>
    <td>${(normalized ?? 0).toFixed(2)}</td>
    <td>${factor.toFixed(2)}</td>
    <td>${learningRate.toPrecision(RATE_DIGITS)}</td>
  </tr>`;
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
