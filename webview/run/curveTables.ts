import { html, nothing, type TemplateResult } from 'lit';
import type { EvalPoint } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { formatChange, formatCount, formatLoss, formatRate } from './format';
import type { RunModel } from './runModel';
import { stretches } from './stepTable';

/** The curves as text: every evaluation, and the steps in stretches. */
export function curveTables(run: RunModel): TemplateResult {
  return html`<div class="tables">${evalTable(run)} ${stepTable(run)}</div>`;
}

function evalTable({ evals, checkpoints }: RunModel): TemplateResult {
  const saved = new Set(checkpoints.map(({ step }) => step));
  const [first] = evals;
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${l10n.t('Evaluations')}>
    <table class="numbers">
      <caption>
        ${l10n.t('Evaluations, in nats per token')}
      </caption>
      <thead>
        <tr>
          <th scope="col">${l10n.t('step')}</th>
          <th scope="col">${l10n.t('domain loss')}</th>
          <th scope="col">${l10n.t('change')}</th>
          <th scope="col">${l10n.t('general loss')}</th>
          <th scope="col">${l10n.t('change')}</th>
          <th scope="col">${l10n.t('checkpoint')}</th>
        </tr>
      </thead>
      <tbody>
        ${evals.map((point) => evalRow(point, first, saved.has(point.step)))}
      </tbody>
    </table>
    ${evals.length === 0 ? html`<p class="muted">${l10n.t('None yet.')}</p>` : nothing}
  </div>`;
}

function evalRow(point: EvalPoint, first: EvalPoint | undefined, saved: boolean): TemplateResult {
  return html`<tr>
    <th scope="row">${formatCount(point.step)}</th>
    <td>${formatLoss(point.domainLoss)}</td>
    <td>${formatChange(difference(point.domainLoss, first?.domainLoss))}</td>
    <td>${formatLoss(point.generalLoss)}</td>
    <td>${formatChange(difference(point.generalLoss, first?.generalLoss))}</td>
    <td>${saved ? l10n.t('saved') : ''}</td>
  </tr>`;
}

function difference(value: number | null, from: number | null | undefined): number | undefined {
  return value === null || from === null || from === undefined ? undefined : value - from;
}

function stepTable({ curves }: RunModel): TemplateResult {
  const rows = stretches(curves);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${l10n.t('Steps')}>
    <table class="numbers">
      <caption>
        ${l10n.t('Steps, training loss in nats per token')}
      </caption>
      <thead>
        <tr>
          <th scope="col">${l10n.t('steps')}</th>
          <th scope="col">${l10n.t('mean loss')}</th>
          <th scope="col">${l10n.t('lowest')}</th>
          <th scope="col">${l10n.t('highest')}</th>
          <th scope="col">${l10n.t('learning rate')}</th>
          <th scope="col">${l10n.t('tokens per second')}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">
                ${row.first === row.last ? formatCount(row.last) : `${formatCount(row.first)}–${formatCount(row.last)}`}
              </th>
              <td>${formatLoss(row.meanLoss)}</td>
              <td>${formatLoss(row.lowestLoss)}</td>
              <td>${formatLoss(row.highestLoss)}</td>
              <td>${formatRate(row.learningRate)}</td>
              <td>${formatCount(row.tokensPerSecond)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${rows.length === 0 ? html`<p class="muted">${l10n.t('None yet.')}</p>` : nothing}
  </div>`;
}
