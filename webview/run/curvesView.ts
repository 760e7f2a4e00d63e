import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { RunMark } from '../../src/shared/run/runMark';
import type { RunView } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { zoomHint } from '../common/zoomHint';
import type { ChartTheme } from '../common/chartTheme';
import { shownRange, type StepRange } from '../common/chartZoom';
import type { CurveChartEvents } from '../common/curveChart';
import type { ChartParts } from './chartParts';
import { curveParts, rangeOf } from './curveParts';
import { zoomStatus } from '../common/zoomStatus';
import { curvesToolbar, markLegend, type CurvesActions } from './curvesToolbar';
import { curveTables } from './curveTables';
import { formatCount } from '../common/format';
import { once } from '../common/once';
import type { LossSummary } from './lossSummary';
import type { RunModel } from './runModel';

export interface CurvesContent {
  readonly run: RunModel;
  readonly lossSummary: LossSummary;
  readonly view: RunView;
  readonly theme: ChartTheme;
  readonly cursor: number | null;
  /** What came of the last export. */
  readonly note: string;
  readonly actions: CurvesActions;
  readonly setCursor: (step: number | null) => void;
}

const HINT = 'zoom-hint';

/** The curves of a run, or their numbers as tables. */
export function curvesView(content: CurvesContent): TemplateResult {
  const { run, view, note, actions } = content;
  if (run.curves.loss.x.length === 0 && run.evals.length === 0) {
    return html`<p class="muted">
      ${l10n.t('The curves begin with the evaluation before the first step.')}
    </p>`;
  }
  return html`${curvesToolbar(view, note, actions)} ${view.table ? curveTables(run) : charts(content)}
  ${run.checkpoints.length === 0 ? nothing : checkpointKey(run)}`;
}

function charts(content: CurvesContent): TemplateResult {
  const { run, view, actions } = content;
  const full = rangeOf(run);
  const shown = shownRange(full, view.zoom);
  const reset = (event: Event): void => {
    const page = (event.currentTarget as HTMLElement).closest('[role=tabpanel]');
    // The button goes; who pressed it is left where the keys of the charts work.
    page?.querySelector<HTMLElement>('.plot[tabindex]')?.focus();
    actions.keep({ zoom: null });
  };
  return html`<div class="chart-keys">
      ${markLegend(run, view, actions.keep)} ${zoomStatus(shown, full, shown !== full, reset)}
    </div>
    <div class="charts loss-charts">${chartsOnce(content, full)}</div>
    <p class="muted hint" id=${HINT}>${zoomHint()}</p>`;
}

const partsOnce = once<readonly [readonly ChartParts[], SharedParts]>();

/** Drawn again only when what they show has changed, which not every message does. */
function chartsOnce(content: CurvesContent, full: StepRange): unknown {
  const { run, view, theme, cursor, lossSummary } = content;
  const on = [
    run.curves,
    run.detail,
    run.evals,
    run.scores,
    run.checkpoints,
    run.marks,
    run.summary?.step,
    view,
  ];
  return guard([...on, theme, cursor], () => {
    const [parts, shared] = partsOnce(on, () => [
      curveParts(run, view, lossSummary),
      sharedParts(run, view.hiddenMarks, full),
    ]);
    return parts.map((one) => chart(content, one, shared));
  });
}

function sharedParts(
  { marks, checkpoints }: RunModel,
  hidden: RunView['hiddenMarks'],
  full: StepRange,
): SharedParts {
  return {
    full,
    happened: marks.filter(({ kind }) => !hidden.includes(kind)),
    checkpoints: hidden.includes('checkpoint') ? NO_STEPS : checkpoints.map(({ step }) => step),
  };
}

interface SharedParts {
  readonly full: StepRange;
  readonly happened: readonly RunMark[];
  readonly checkpoints: readonly number[];
}

function chart(
  { view, theme, cursor, setCursor, actions }: CurvesContent,
  parts: ChartParts,
  { full, happened, checkpoints }: SharedParts,
): TemplateResult {
  return html`<adept-curve-chart
    class=${parts.wide === true ? 'wide' : ''}
    .label=${parts.label}
    .note=${parts.note}
    .series=${parts.series}
    .format=${parts.format}
    .axis=${parts.axis}
    .theme=${theme}
    .logScale=${parts.logScale}
    .checkpoints=${parts.isLoss === true ? checkpoints : NO_STEPS}
    .happened=${happened}
    .baseline=${parts.baseline}
    .range=${full}
    .zoom=${view.zoom}
    .cursor=${cursor}
    .hint=${HINT}
    @cursor=${({ detail }: CurveChartEvents['cursor']) => {
      setCursor(detail);
    }}
    @zoom=${({ detail }: CurveChartEvents['zoom']) => {
      actions.keep({ zoom: detail === null ? null : [...detail] });
    }}
  ></adept-curve-chart>`;
}

const NO_STEPS: readonly number[] = [];

/** How many there are, and where the last is. */
function checkpointKey({ checkpoints }: RunModel): TemplateResult {
  const last = checkpoints.at(-1);
  return html`<p class="muted checkpoint-key">
    ${
      checkpoints.length === 1
        ? l10n.t('checkpoint at step {0}', formatCount(last?.step))
        : l10n.t(
            '{0} checkpoints, the last at step {1}',
            formatCount(checkpoints.length),
            formatCount(last?.step),
          )
    }
  </p>`;
}
