import { html, type TemplateResult } from 'lit';
import { l10n } from '../common/l10n';
import { formatChange, formatCount, formatLoss, formatRate } from '../common/format';
import type { LossSummary, SummaryRow } from './lossSummary';
import { dataTable, type DataRow } from '../common/dataTable';

/** The run in numbers. */
export function lossSummaryView(lossSummary: LossSummary): TemplateResult {
  return html`<div class="summary">
    ${dataTable({
      caption: l10n.t('The run in numbers, losses in nats per token'),
      captionIsHidden: true,
      headings: [
        l10n.t('Loss'),
        l10n.t('now'),
        l10n.t('at the start'),
        l10n.t('change'),
        l10n.t('best'),
        l10n.t('at step'),
      ],
      rows: [
        lossRow(l10n.t('training'), lossSummary.trainingLoss),
        lossRow(l10n.t('domain'), lossSummary.domainLoss),
        lossRow(l10n.t('general'), lossSummary.generalLoss),
      ],
    })}
    <dl class="facts">
      ${fact(l10n.t('Learning rate'), formatRate(lossSummary.learningRate))}
      ${fact(l10n.t('Tokens per second'), formatCount(lossSummary.tokensPerSecond))}
      ${fact(l10n.t('Gradient norm'), formatLoss(lossSummary.gradNorm))}
    </dl>
  </div>`;
}

function lossRow(name: string, { now, start, best }: SummaryRow): DataRow {
  const change = now === undefined || start === undefined ? undefined : now - start;
  const cells = [formatLoss(now), formatLoss(start), formatChange(change)];
  return { name, cells: [...cells, formatLoss(best?.value), formatCount(best?.step)] };
}

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
