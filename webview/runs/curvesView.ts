import { html, nothing, type TemplateResult } from 'lit';
import { metricText, scoreChangeText, scoreSeries } from '../../src/shared/run/scores';
import type { RunCurves } from '../../src/shared/webview/runs';
import type { ChartTheme } from '../common/chartTheme';
import type { Curve } from '../common/curve';
import type { Series } from '../common/chartConfig';
import type { CurveChartEvents } from '../common/curveChart';
import { shownRange, type StepRange } from '../common/chartZoom';
import { scrollingTable } from '../common/dataTable';
import { formatAxisLoss, formatChange, formatCount, formatLoss } from '../common/format';
import { l10n } from '../common/l10n';
import { lineKey } from '../common/lineKey';
import { toggle } from '../common/toggle';
import { zoomHint } from '../common/zoomHint';
import { zoomStatus } from '../common/zoomStatus';

/** A ticked run and what is known of its losses. */
export interface TickedRun {
  readonly name: string;
  readonly line: number;
  /** Undefined until its log was read. */
  readonly curves: RunCurves | undefined;
}

export interface CurvesContent {
  readonly runs: readonly TickedRun[];
  readonly theme: ChartTheme;
  readonly sinceStart: boolean;
  readonly cursor: number | null;
  /** What of the steps is shown; null: all. */
  readonly zoom: StepRange | null;
  readonly setSinceStart: (sinceStart: boolean) => void;
  readonly setCursor: (step: number | null) => void;
  readonly setZoom: (zoom: StepRange | null) => void;
}

const HINT = 'runs-zoom-hint';

/** Nats that rounding makes of the same loss on another engine. */
const SAME_LOSS = 1e-3;

const LOSSES = ['domainLoss', 'generalLoss'] as const;
type LossName = (typeof LOSSES)[number];

/** The losses of the ticked runs over each other, and in numbers. */
export function curvesView(content: CurvesContent): TemplateResult {
  const { runs, sinceStart, setSinceStart } = content;
  return html`<div class="toolbar">${toggle(l10n.t('Change since start'), sinceStart, setSinceStart)}</div>
    ${startsDiffer(runs) ? otherMeasure() : nothing} ${status(content)}
    <div class="charts">${LOSSES.map((loss) => chart(loss, content))}</div>
    <p class="muted hint" id=${HINT}>${zoomHint()}</p>
    ${runs.flatMap(({ name, curves }) =>
      curves?.problem === undefined || curves.problem === null
        ? []
        : [html`<p class="error">${l10n.t('{0} cannot be read: {1}', name, curves.problem)}</p>`],
    )}
    ${scrollingTable(l10n.t('Losses of the ticked runs in numbers'), numbers(runs))}`;
}

/** Whether runs were evaluated in ways that do not compare: before the first step the same model has the same losses. */
function startsDiffer(runs: readonly TickedRun[]): boolean {
  return LOSSES.some((loss) => {
    const starts = runs.flatMap(({ curves }) => curveOf(curves, loss, false).y.slice(0, 1));
    return starts.some((start) => Math.abs(start - (starts[0] ?? start)) > SAME_LOSS);
  });
}

function otherMeasure(): TemplateResult {
  return html`<p class="notice" role="status">
    <span class="codicon codicon-warning" aria-hidden="true"></span>
    <span
      >${l10n.t('The losses of these runs differ before the first step, so they are of other models, texts or numbers of sequences: compare their changes, not their values.')}</span
    >
  </p>`;
}

function status({ runs, zoom, setZoom }: CurvesContent): TemplateResult {
  const full = [0, last(runs)] as const;
  return zoomStatus(shownRange(full, zoom), full, zoom !== null, () => {
    setZoom(null);
  });
}

function lossText(loss: LossName): string {
  return loss === 'domainLoss' ? l10n.t('Domain loss') : l10n.t('General loss');
}

function chart(
  loss: LossName,
  { runs, theme, sinceStart, cursor, zoom, setCursor, setZoom }: CurvesContent,
): TemplateResult {
  const series = runs.map(({ name, line, curves }): Series => {
    const curve = curveOf(curves, loss, sinceStart);
    return { label: name, colour: line, curve, dots: curve.x.length <= 60 };
  });
  const label = lossText(loss);
  return html`<adept-curve-chart
    .label=${sinceStart ? l10n.t('{0}, change since start', label) : label}
    .note=${l10n.t('nats per token')}
    .series=${series}
    .format=${sinceStart ? formatChange : formatLoss}
    .axis=${{ tick: formatAxisLoss, fromZero: false }}
    .theme=${theme}
    .logScale=${false}
    .checkpoints=${[]}
    .baseline=${sinceStart ? 0 : undefined}
    .range=${[0, last(runs)] as const}
    .cursor=${cursor}
    .zoom=${zoom}
    .hint=${HINT}
    @zoom=${({ detail }: CurveChartEvents['zoom']) => {
      setZoom(detail);
    }}
    @cursor=${({ detail }: CustomEvent<number | null>) => {
      setCursor(detail);
    }}
  ></adept-curve-chart>`;
}

/** The same for both charts, so that they are read together. */
function last(runs: readonly TickedRun[]): number {
  return Math.max(1, ...runs.map(({ curves }) => curves?.evals.at(-1)?.step ?? 0));
}

function curveOf(curves: RunCurves | undefined, loss: LossName, sinceStart: boolean): Curve {
  const measured = (curves?.evals ?? []).filter((point) => point[loss] !== null);
  const y = measured.map((point) => point[loss] ?? NaN);
  const [start = 0] = y;
  return { x: measured.map(({ step }) => step), y: sinceStart ? y.map((value) => value - start) : y };
}

function numbers(runs: readonly TickedRun[]): Parameters<typeof scrollingTable>[1] {
  const scored = runs.map(({ curves }) => scoreSeries(curves?.scores ?? []));
  const measures = new Map(
    scored
      .flat()
      .map(({ task, metric }): [string, string] => [
        scoreKey(task, metric),
        `${task}, ${metricText(metric, l10n)}`,
      ]),
  );
  return {
    headings: [
      l10n.t('Run'),
      ...[l10n.t('Evaluations'), l10n.t('Domain, start'), l10n.t('Domain, last'), l10n.t('Domain, lowest')],
      ...[l10n.t('General, start'), l10n.t('General, last'), l10n.t('General, highest')],
      ...[...measures.values()].map((text) => ({
        text,
        title: l10n.t('Share of right answers, before the first step and last'),
      })),
    ],
    rows: runs.map(({ name, line, curves }, index) => {
      const [domain, general] = LOSSES.map((loss) => curveOf(curves, loss, false));
      return {
        name: html`${lineKey(line)}${name}`,
        cells: [
          formatCount(curves?.evals.length),
          ...[formatLoss(domain?.y[0]), formatLoss(domain?.y.at(-1)), extreme(domain, Math.min)],
          ...[formatLoss(general?.y[0]), formatLoss(general?.y.at(-1)), extreme(general, Math.max)],
          ...[...measures.keys()].map((key) => {
            const series = scored[index]?.find(({ task, metric }) => scoreKey(task, metric) === key);
            return scoreChangeText(series?.points ?? [], l10n);
          }),
        ],
      };
    }),
  };
}

function scoreKey(task: string, metric: string): string {
  return JSON.stringify([task, metric]);
}

function extreme(curve: Curve | undefined, which: (...values: number[]) => number): string {
  if (curve === undefined || curve.y.length === 0) {
    return '–';
  }
  const value = which(...curve.y);
  return l10n.t('{0} at step {1}', formatLoss(value), formatCount(curve.x[curve.y.indexOf(value)]));
}
