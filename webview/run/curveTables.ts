import { html, nothing, type TemplateResult } from 'lit';
import { intervalText, metricText, percentText, scoresOf } from '../../src/shared/run/scores';
import type { EvalPoint } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { formatChange, formatCount, formatLoss, formatRate } from '../common/format';
import { markDetails, markTitle } from '../common/markText';
import type { RunModel } from './runModel';
import { stretches } from './stepTable';
import { scrollingTable, type DataRow } from '../common/dataTable';

/** The curves as text: every evaluation, and the steps in stretches. */
export function curveTables(run: RunModel): TemplateResult {
  return html`<div class="tables">
    ${evalTable(run)} ${run.scores.length === 0 ? nothing : scoreTable(run)} ${stepTable(run)}
    ${run.marks.length === 0 ? nothing : markTable(run)}
  </div>`;
}

function evalTable({ evals, checkpoints }: RunModel): TemplateResult {
  const saved = new Set(checkpoints.map(({ step }) => step));
  const [first] = evals;
  const headings = [
    l10n.t('step'),
    l10n.t('domain loss'),
    l10n.t('change'),
    l10n.t('general loss'),
    l10n.t('change'),
    l10n.t('checkpoint'),
  ];
  const rows = evals.map((point) => evalRow(point, first, saved.has(point.step)));
  const table = { caption: l10n.t('Evaluations, in nats per token'), headings, rows };
  return scrollingTable(l10n.t('Evaluations'), table, noteOf(rows));
}

/** Every score with its interval. */
function scoreTable({ scores }: RunModel): TemplateResult {
  const headings = [
    l10n.t('step'),
    l10n.t('task'),
    l10n.t('questions'),
    l10n.t('right answers, 95 % interval'),
  ];
  const rows = scores.map((point): DataRow => ({
    name: formatCount(point.step),
    cells: [
      point.task,
      formatCount(point.questions),
      scoresOf(point).map(
        ({ metric, value, interval }) =>
          html`<div>${metricText(metric, l10n)} ${percentText(value)} (${intervalText(interval)})</div>`,
      ),
    ],
  }));
  const table = { classes: 'numbers texts', caption: l10n.t('Scores'), headings, rows };
  return scrollingTable(l10n.t('Scores'), table);
}

function evalRow(point: EvalPoint, first: EvalPoint | undefined, saved: boolean): DataRow {
  const { step, domainLoss, generalLoss } = point;
  return {
    name: formatCount(step),
    cells: [
      formatLoss(domainLoss),
      formatChange(difference(domainLoss, first?.domainLoss)),
      formatLoss(generalLoss),
      formatChange(difference(generalLoss, first?.generalLoss)),
      saved ? l10n.t('saved') : '',
    ],
  };
}

function noteOf(rows: readonly unknown[]): { readonly note?: string } {
  return rows.length === 0 ? { note: l10n.t('None yet.') } : {};
}

function difference(value: number | null, from: number | null | undefined): number | undefined {
  return value === null || from === null || from === undefined ? undefined : value - from;
}

function stepTable({ curves }: RunModel): TemplateResult {
  const headings = [
    l10n.t('steps'),
    l10n.t('mean loss'),
    l10n.t('lowest'),
    l10n.t('highest'),
    l10n.t('learning rate'),
    l10n.t('tokens per second'),
  ];
  const rows = stretches(curves).map((row): DataRow => ({
    name:
      row.first === row.last ? formatCount(row.last) : `${formatCount(row.first)}–${formatCount(row.last)}`,
    cells: [
      formatLoss(row.meanLoss),
      formatLoss(row.lowestLoss),
      formatLoss(row.highestLoss),
      formatRate(row.learningRate),
      formatCount(row.tokensPerSecond),
    ],
  }));
  const table = { caption: l10n.t('Steps, training loss in nats per token'), headings, rows };
  return scrollingTable(l10n.t('Steps'), table, noteOf(rows));
}

/** What is marked in the charts. */
function markTable({ marks }: RunModel): TemplateResult {
  const headings = [l10n.t('step'), l10n.t('what'), l10n.t('values')];
  const rows = marks.map((mark): DataRow => ({
    name: formatCount(mark.step),
    cells: [markTitle(mark), markDetails(mark).map((text) => html`<div>${text}</div>`)],
  }));
  const table = { classes: 'numbers texts', caption: l10n.t('What happened'), headings, rows };
  return scrollingTable(l10n.t('What happened'), table);
}
