import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { RunView } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { shortCountText } from '../common/quantities';
import type { ChartTheme } from '../common/chartTheme';
import { curveTables } from './curveTables';
import type { Series, ValueAxis } from '../common/curveChart';
import {
  formatAxisLoss,
  formatAxisRate,
  formatChange,
  formatCount,
  formatLoss,
  formatRate,
} from '../common/format';
import type { Curve } from '../common/curve';
import type { RunModel } from './runModel';
import type { LossName, LossSummary } from './lossSummary';
import { smoothed } from './smoothing';
import { toggle } from '../common/toggle';

export interface CurvesContent {
  readonly run: RunModel;
  readonly lossSummary: LossSummary;
  readonly view: RunView;
  readonly theme: ChartTheme;
  readonly cursor: number | null;
  readonly keep: (change: Partial<RunView>) => void;
  readonly setCursor: (step: number | null) => void;
}

interface ChartParts {
  readonly label: string;
  readonly note: string;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly axis?: ValueAxis;
  readonly baseline?: number | undefined;
  readonly isLoss?: boolean;
  readonly wide?: boolean;
}

/** The curves of a run, or their numbers as tables. */
export function curvesView(content: CurvesContent): TemplateResult {
  const { run, view, keep } = content;
  if (run.curves.loss.x.length === 0 && run.evals.length === 0) {
    return html`<p class="muted">
      ${l10n.t('The curves begin with the evaluation before the first step.')}
    </p>`;
  }
  return html`<div class="toolbar">
      ${view.table ? nothing : curveToggles(view, keep)}
      ${toggle(l10n.t('Show as table'), view.table, (table) => {
        keep({ table });
      })}
    </div>
    ${view.table ? curveTables(run) : html`<div class="charts">${chartsOnce(content)}</div>`}
    ${run.checkpoints.length === 0 ? nothing : checkpointKey(run, !view.table)}`;
}

function curveToggles(view: RunView, keep: CurvesContent['keep']): TemplateResult {
  return html`${toggle(l10n.t('Smooth'), view.smooth, (smooth) => {
    keep({ smooth });
  })}
  ${toggle(l10n.t('Logarithmic'), view.logScale, (logScale) => {
    keep({ logScale });
  })}
  ${toggle(l10n.t('Change since start'), view.sinceStart, (sinceStart) => {
    keep({ sinceStart });
  })}`;
}

/** Drawn again only when what they show has changed, which not every message does. */
function chartsOnce(content: CurvesContent): unknown {
  const { run, view, theme, cursor } = content;
  return guard([run.curves, run.evals, run.checkpoints, run.summary?.step, view, theme, cursor], () =>
    charts(content).map((parts) => chart(content, parts)),
  );
}

function charts({ run, view, lossSummary }: CurvesContent): ChartParts[] {
  const { curves } = run;
  const single = (label: string, curve: Curve, colour: Series['colour']): Series[] => [
    { label, curve, colour },
  ];
  return [
    {
      label: l10n.t('Training loss'),
      note: formatLoss(lossSummary.trainingLoss.now),
      series: trainingSeries(run, view.smooth),
      format: formatLoss,
      isLoss: true,
      wide: true,
    },
    evalChart(run, view, 'domainLoss', l10n.t('Domain loss'), 'domain'),
    evalChart(run, view, 'generalLoss', l10n.t('General loss'), 'general'),
    {
      label: l10n.t('Learning rate'),
      note: formatRate(lossSummary.learningRate),
      series: single(l10n.t('Learning rate'), curves.learningRate, 'rate'),
      format: formatRate,
      axis: { tick: formatAxisRate, fromZero: true },
    },
    {
      label: l10n.t('Tokens per second'),
      note: formatCount(lossSummary.tokensPerSecond),
      series: single(l10n.t('Tokens per second'), curves.tokensPerSecond, 'speed'),
      format: formatCount,
      axis: { tick: shortCountText, fromZero: true },
    },
  ];
}

function trainingSeries({ curves }: RunModel, smooth: boolean): Series[] {
  const raw = { label: l10n.t('each step'), curve: curves.loss, colour: 'loss' as const };
  return smooth
    ? [
        { ...raw, pale: true },
        { label: l10n.t('smoothed'), curve: smoothed(curves.lossMeans), colour: 'loss' },
      ]
    : [raw];
}

function evalChart(
  { evals }: RunModel,
  { sinceStart }: RunView,
  name: LossName,
  label: string,
  colour: 'domain' | 'general',
): ChartParts {
  const measured = evals.filter((point) => point[name] !== null);
  const x = measured.map(({ step }) => step);
  const y = measured.map((point) => point[name] ?? NaN);
  const [start] = y;
  const now = y.at(-1);
  if (start === undefined || now === undefined) {
    const note = l10n.t('not measured yet');
    return { label, note, series: [{ label, curve: { x, y }, colour }], format: formatLoss, isLoss: true };
  }
  const change = l10n.t('{0} since start', formatChange(now - start));
  return {
    label: sinceStart ? l10n.t('{0}, change since start', label) : label,
    note: `${formatLoss(now)} (${change})`,
    series: [
      {
        label,
        curve: { x, y: sinceStart ? y.map((value) => value - start) : y },
        colour,
        dots: x.length <= 100,
      },
    ],
    format: sinceStart ? formatChange : (value) => `${formatLoss(value)} (${formatChange(value - start)})`,
    baseline: sinceStart ? 0 : start,
    isLoss: true,
  };
}

function chart({ run, view, theme, cursor, setCursor }: CurvesContent, parts: ChartParts): TemplateResult {
  const logScale = view.logScale && (parts.baseline === undefined || !view.sinceStart);
  return html`<adept-curve-chart
    class=${parts.wide === true ? 'wide' : ''}
    .label=${parts.label}
    .note=${parts.note}
    .series=${parts.series}
    .format=${parts.format}
    .axis=${parts.axis ?? LOSS_AXIS}
    .theme=${theme}
    .logScale=${logScale}
    .checkpoints=${parts.isLoss === true ? checkpointSteps(run) : NO_STEPS}
    .baseline=${parts.baseline}
    .range=${rangeOf(run)}
    .cursor=${cursor}
    @cursor=${({ detail }: CustomEvent<number | null>) => {
      setCursor(detail);
    }}
  ></adept-curve-chart>`;
}

const LOSS_AXIS: ValueAxis = { tick: formatAxisLoss, fromZero: false };
const NO_STEPS: readonly number[] = [];

function checkpointSteps({ checkpoints }: RunModel): readonly number[] {
  return checkpoints.map(({ step }) => step);
}

/** From the start to the latest step of anything. */
function rangeOf({ curves, evals, summary }: RunModel): readonly [number, number] {
  return [0, Math.max(1, curves.loss.x.at(-1) ?? 0, evals.at(-1)?.step ?? 0, summary?.step ?? 0)];
}

/** How many there are, with the mark that they have in the plots where those are shown. */
function checkpointKey({ checkpoints }: RunModel, marked: boolean): TemplateResult {
  const last = checkpoints.at(-1);
  return html`<p class="muted checkpoint-key">
    ${marked ? html`<span class="triangle" aria-hidden="true"></span>` : nothing}
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
