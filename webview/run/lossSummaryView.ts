import { html, nothing, type TemplateResult } from 'lit';
import { l10n } from '../common/l10n';
import { exportFacts } from '../../src/shared/run/exportText';
import type { ShownExport, TrainingLoss } from '../../src/shared/webview/run';
import { formatChange, formatCount, formatLoss, formatRate } from '../common/format';
import type { LossSummary, SummaryRow } from './lossSummary';
import { meansText } from './runText';
import { dataTable, type DataRow } from '../common/dataTable';

/** The run in numbers. */
export function lossSummaryView(lossSummary: LossSummary): TemplateResult {
  const { exported } = lossSummary;
  const { domainLoss, generalLoss } = exported?.losses ?? {};
  return html`<div class="summary">
    <div class="loss-table">
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
          ...(exported === undefined
            ? []
            : [{ text: l10n.t('exported'), title: l10n.t('Measured on the files of the export') }]),
        ],
        rows: [
          lossRow(l10n.t('domain'), lossSummary.domainLoss, domainLoss),
          lossRow(l10n.t('general'), lossSummary.generalLoss, generalLoss),
        ]
          .map(({ name, cells }): DataRow => ({
            name,
            cells: exported === undefined ? cells.slice(0, -1) : cells,
          }))
          .concat(trainingRow(lossSummary.trainingLoss)),
      })}
    </div>
    <dl class="facts">
      ${fact(l10n.t('Learning rate'), formatRate(lossSummary.learningRate))}
      ${fact(l10n.t('Tokens per second'), formatCount(lossSummary.tokensPerSecond))}
      ${fact(l10n.t('Gradient norm'), formatLoss(lossSummary.gradNorm))}
      ${exported === undefined ? nothing : fact(l10n.t('Export'), exportText(exported))}
    </dl>
  </div>`;
}

/** Which export it is: its folder, and what it was made of. */
function exportText(exported: ShownExport): string {
  const { name, dtype } = exported;
  return [name, ...exportFacts(exported, l10n), ...(dtype === null ? [] : [dtype])].join(' · ');
}

function lossRow(name: string, { now, start, best }: SummaryRow, exported?: number | null): DataRow {
  const change = now === undefined || start === undefined ? undefined : now - start;
  const cells = [formatLoss(now), formatLoss(start), formatChange(change)];
  return {
    name,
    cells: [...cells, formatLoss(best?.value), formatCount(best?.step), formatLoss(exported ?? undefined)],
  };
}

/** Batches are all different: what is compared is a mean of them, which has no best step. */
function trainingRow(trainingLoss: TrainingLoss | undefined): DataRow {
  const { now, start, steps } = trainingLoss ?? {};
  const change = now === undefined || typeof start !== 'number' ? undefined : now - start;
  return {
    name: l10n.t('training'),
    title: l10n.t(
      'Every step trains on another batch, so single steps are not compared: these are means of the last and of the first steps.',
    ),
    cells: [formatLoss(now), formatLoss(start ?? undefined), formatChange(change)],
    note: steps === undefined ? '' : meansText(steps),
  };
}

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
