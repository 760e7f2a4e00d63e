import type { Curve } from '../../../shared/common/curve';
import { formatAxisRate, formatChange, formatLoss, formatRate } from '../../../shared/common/metricText';
import { smoothed } from '../../../shared/run/smoothing';
import type { EvalPoint } from '../../../shared/webview/run';
import { spread } from '../../run/unitHistory';
import { html, type Html } from '../html';
import { lineChart, type ChartMark, type LineChart } from '../lineChart';
import { countText, shortCountText } from '../numbers';
import type { ReportFacts } from '../reportFacts';
import { numbersAfter, table } from '../table';
import type { ReportSection } from './section';

/** As the run panel shows it first. */
const SMOOTHING = 0.9;
const MOST_DOTS = 100;
const MOST_ROWS = 12;

/** What was measured over the steps. */
export const CURVES: ReportSection = {
  id: 'curves',
  title: 'Curves',
  body: (facts) => {
    const { curves, evals } = facts;
    if (curves.loss.x.length === 0 && evals.length === 0) {
      return undefined;
    }
    const shared = sharedParts(facts);
    return html`<div class="charts">
        ${lineChart({ ...shared, ...trainingLoss(curves), wide: true, marks: marksOf(facts) })}
        ${lineChart({ ...shared, ...evaluated(evals, 'domainLoss', 'Domain loss', 'domain') })}
        ${lineChart({ ...shared, ...evaluated(evals, 'generalLoss', 'General loss', 'general') })}
        ${lineChart({ ...shared, ...learningRate(curves.learningRate) })}
        ${lineChart({ ...shared, ...speed(curves.tokensPerSecond) })}
      </div>
      ${evaluations(facts)}`;
  },
};

type Shared = Pick<LineChart, 'x' | 'position'>;
type Parts = Omit<LineChart, keyof Shared>;

function sharedParts({ curves, evals, summary }: ReportFacts): Shared {
  const last = Math.max(1, curves.loss.x.at(-1) ?? 0, evals.at(-1)?.step ?? 0, summary.step);
  return { x: { low: 0, high: last, whole: true }, position: countText };
}

function trainingLoss({ loss, lossMeans }: ReportFacts['curves']): Parts {
  const smooth = smoothed(lossMeans, SMOOTHING);
  return {
    ...{ title: 'Training loss', note: noteOf(formatLoss(loss.y.at(-1))), units: ['nats per token', 'step'] },
    lines: [
      { label: 'each step', kind: 'loss', curve: loss, pale: true },
      { label: `smoothed (${SMOOTHING})`, kind: 'loss', curve: smooth },
    ],
    ...{ tick: ({ text }) => text, format: formatLoss },
  };
}

function evaluated(
  evals: readonly EvalPoint[],
  name: 'domainLoss' | 'generalLoss',
  title: string,
  kind: 'domain' | 'general',
): Parts {
  const measured = evals.flatMap((point): [number, number][] => {
    const value = point[name];
    return value === null ? [] : [[point.step, value]];
  });
  const curve = { x: measured.map(([step]) => step), y: measured.map(([, value]) => value) };
  const [start, now] = [curve.y[0], curve.y.at(-1)];
  const change =
    start === undefined || now === undefined ? '' : ` (${formatChange(now - start)} since start)`;
  return {
    ...{ title, note: `${noteOf(formatLoss(now))}${change}`, units: ['nats per token', 'step'] },
    lines: [{ label: title, kind, curve, dots: measured.length <= MOST_DOTS }],
    ...{ tick: ({ text }) => text, format: formatLoss, baseline: start },
  };
}

function learningRate(curve: Curve): Parts {
  return {
    ...{ title: 'Learning rate', note: noteOf(formatRate(curve.y.at(-1))), units: ['base rate', 'step'] },
    lines: [{ label: 'Learning rate', kind: 'rate', curve }],
    ...{ tick: ({ value }) => formatAxisRate(value), format: formatRate, fromZero: true },
  };
}

function speed(curve: Curve): Parts {
  return {
    ...{
      title: 'Tokens per second',
      note: noteOf(countText(curve.y.at(-1))),
      units: ['', 'step'],
    },
    lines: [
      { label: 'each step', kind: 'speed', curve, pale: true },
      { label: `smoothed (${SMOOTHING})`, kind: 'speed', curve: smoothed(curve, SMOOTHING) },
    ],
    ...{ tick: ({ value }) => shortCountText(value), format: countText, fromZero: true },
  };
}

function noteOf(last: string): string {
  return `last ${last}`;
}

function marksOf({ checkpoints, marks }: ReportFacts): ChartMark[] {
  return [
    ...checkpoints.map(({ step }): ChartMark => ({ at: step, kind: 'checkpoint' })),
    ...marks.flatMap(({ kind, step }): ChartMark[] =>
      kind === 'resume' || kind === 'remedy' ? [{ at: step, kind }] : [],
    ),
  ];
}

function evaluations({ evals, checkpoints }: ReportFacts): Html | undefined {
  if (evals.length === 0) {
    return undefined;
  }
  const saved = new Set(checkpoints.map(({ step }) => step));
  const [first] = evals;
  const change = (value: number | null, from: number | null | undefined): string =>
    formatChange(value === null || from === null || from === undefined ? null : value - from);
  const rows = spread(evals, MOST_ROWS).map(({ step, domainLoss, generalLoss }) => [
    countText(step),
    ...[formatLoss(domainLoss), change(domainLoss, first?.domainLoss)],
    ...[formatLoss(generalLoss), change(generalLoss, first?.generalLoss)],
    saved.has(step) ? 'saved' : '',
  ]);
  const columns = [
    ...numbersAfter('step', 'domain loss', 'change', 'general loss', 'change'),
    { name: 'checkpoint' },
  ];
  const left =
    evals.length <= MOST_ROWS
      ? undefined
      : html`<p class="muted">
          ${MOST_ROWS} of ${countText(evals.length)} evaluations; <code>metrics.csv</code> in the run folder
          has all.
        </p>`;
  return html`<h3>Evaluations</h3>
    ${table('Evaluations', columns, rows)}${left}`;
}
