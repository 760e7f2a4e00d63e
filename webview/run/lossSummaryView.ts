import { html, type TemplateResult } from 'lit';
import { l10n } from '../common/l10n';
import { formatChange, formatCount, formatLoss, formatRate } from './format';
import type { LossSummary, SummaryRow } from './lossSummary';

/** The run in numbers. */
export function lossSummaryView(lossSummary: LossSummary): TemplateResult {
  return html`<div class="summary">
    <table class="numbers">
      <caption class="visually-hidden">
        ${l10n.t('The run in numbers, losses in nats per token')}
      </caption>
      <thead>
        <tr>
          <th scope="col">${l10n.t('Loss')}</th>
          <th scope="col">${l10n.t('now')}</th>
          <th scope="col">${l10n.t('at the start')}</th>
          <th scope="col">${l10n.t('change')}</th>
          <th scope="col">${l10n.t('best')}</th>
          <th scope="col">${l10n.t('at step')}</th>
        </tr>
      </thead>
      <tbody>
        ${lossRow(l10n.t('training'), lossSummary.trainingLoss)}
        ${lossRow(l10n.t('domain'), lossSummary.domainLoss)}
        ${lossRow(l10n.t('general'), lossSummary.generalLoss)}
      </tbody>
    </table>
    <dl class="facts">
      ${fact(l10n.t('Learning rate'), formatRate(lossSummary.learningRate))}
      ${fact(l10n.t('Tokens per second'), formatCount(lossSummary.tokensPerSecond))}
      ${fact(l10n.t('Gradient norm'), formatLoss(lossSummary.gradNorm))}
    </dl>
  </div>`;
}

function lossRow(name: string, { now, start, best }: SummaryRow): TemplateResult {
  const change = now === undefined || start === undefined ? undefined : now - start;
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${formatLoss(now)}</td>
    <td>${formatLoss(start)}</td>
    <td>${formatChange(change)}</td>
    <td>${formatLoss(best?.value)}</td>
    <td>${formatCount(best?.step)}</td>
  </tr>`;
}

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
