import type { RunView } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { shortCountText } from '../common/quantities';
import type { Series, ValueAxis } from '../common/chartConfig';
import type { StepRange } from '../common/chartZoom';
import {
  formatAxisLoss,
  formatAxisRate,
  formatChange,
  formatCount,
  formatLoss,
  formatRate,
} from '../common/format';
import type { ChartParts } from './chartParts';
import type { LossName, LossSummary } from './lossSummary';
import type { Curve } from '../common/curve';
import { detailedCurves, type RunModel } from './runModel';
import { meansText } from './runText';
import { scoreParts } from './scoreParts';
import { smoothed } from '../../src/shared/run/smoothing';

const LOSS_AXIS: ValueAxis = { tick: formatAxisLoss, fromZero: false };

/** From the start to the latest step of anything. */
export function rangeOf({ curves, evals, summary }: RunModel): StepRange {
  return [0, Math.max(1, curves.loss.x.at(-1) ?? 0, evals.at(-1)?.step ?? 0, summary?.step ?? 0)];
}

/** The charts of a run, in the order in which they are shown. */
export function curveParts(run: RunModel, view: RunView, summary: LossSummary): ChartParts[] {
  const curves = detailedCurves(run);
  const { logScale, smoothing } = view;
  return [
    evalParts(run, view, 'domainLoss', l10n.t('Domain loss'), 'domain'),
    evalParts(run, view, 'generalLoss', l10n.t('General loss'), 'general'),
    {
      label: l10n.t('Training loss'),
      unit: l10n.t('nats per token'),
      note: trainingNote(summary),
      series: smoothedSeries(curves.loss, curves.lossMeans, 'loss', smoothing),
      format: formatLoss,
      axis: LOSS_AXIS,
      logScale,
      isLoss: true,
      wide: true,
    },
    ...scoreParts(run.scores),
    {
      label: l10n.t('Learning rate'),
      unit: l10n.t('base rate'),
      note: formatRate(summary.learningRate),
      series: [{ label: l10n.t('Learning rate'), curve: curves.learningRate, colour: 'rate' }],
      format: formatRate,
      axis: { tick: formatAxisRate, fromZero: true },
      logScale,
    },
    {
      label: l10n.t('Tokens per second'),
      unit: l10n.t('tokens per second'),
      note: formatCount(summary.tokensPerSecond),
      series: smoothedSeries(curves.tokensPerSecond, curves.tokensPerSecond, 'speed', smoothing),
      format: formatCount,
      axis: { tick: shortCountText, fromZero: true },
      logScale,
    },
  ];
}

/** As of the losses beside it, but of means, and with what these are. */
function trainingNote({ trainingLoss }: LossSummary): string {
  if (trainingLoss === undefined) {
    return l10n.t('not measured yet');
  }
  const { now, start, steps } = trainingLoss;
  const value =
    start === null
      ? formatLoss(now)
      : `${formatLoss(now)} (${l10n.t('{0} since start', formatChange(now - start))})`;
  return `${value}, ${meansText(steps)}`;
}

/** The values as they are, and before them, with any smoothing, the average of their means. */
function smoothedSeries(
  raw: Curve,
  means: Curve,
  colour: 'loss' | 'speed',
  smoothing: number,
): readonly Series[] {
  const each = { label: l10n.t('each step'), curve: raw, colour };
  return smoothing === 0
    ? [each]
    : [
        { ...each, pale: true },
        { label: l10n.t('smoothed'), curve: smoothed(means, smoothing), colour },
      ];
}

function evalParts(
  { evals }: RunModel,
  { sinceStart, logScale }: RunView,
  name: LossName,
  label: string,
  colour: 'domain' | 'general',
): ChartParts {
  const measured = evals.filter((point) => point[name] !== null);
  const x = measured.map(({ step }) => step);
  const y = measured.map((point) => point[name] ?? NaN);
  const [start] = y;
  const now = y.at(-1);
  const parts = { label, unit: l10n.t('nats per token'), axis: LOSS_AXIS, isLoss: true };
  if (start === undefined || now === undefined) {
    const note = l10n.t('not measured yet');
    return { ...parts, note, series: [{ label, curve: { x, y }, colour }], format: formatLoss, logScale };
  }
  const change = l10n.t('{0} since start', formatChange(now - start));
  const curve = { x, y: sinceStart ? y.map((value) => value - start) : y };
  return {
    ...parts,
    label: sinceStart ? l10n.t('{0}, change since start', label) : label,
    note: `${formatLoss(now)} (${change})`,
    series: [{ label, curve, colour, dots: x.length <= 100 }],
    format: sinceStart ? formatChange : (value) => `${formatLoss(value)} (${formatChange(value - start)})`,
    baseline: sinceStart ? 0 : start,
    logScale: logScale && !sinceStart,
  };
}
