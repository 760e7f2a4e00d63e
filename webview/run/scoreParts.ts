import {
  metricText,
  percentText,
  scoreChangeText,
  scoreSeries,
  type ScorePoint,
  type ScoreSeries,
} from '../../src/shared/run/scores';
import { l10n } from '../common/l10n';
import type { Series } from '../common/chartConfig';
import type { ChartParts } from './chartParts';

/** So many points are drawn as dots with their intervals; more would lie on each other. */
const MOST_DOTS = 100;

/** A chart for each task: its scores with their intervals. */
export function scoreParts(points: readonly ScorePoint[]): ChartParts[] {
  const all = scoreSeries(points);
  const tasks = [...new Set(all.map(({ task }) => task))];
  return tasks.map((task) => {
    const scores = all.filter((series) => series.task === task);
    return {
      label: task,
      unit: l10n.t('share of right answers'),
      note: scores.map((one) => noteOf(one, scores.length > 1)).join(' · '),
      series: scores.map(seriesOf),
      format: percentText,
      axis: { tick: tickText, fromZero: false, limits: [0, 1] },
      logScale: false,
    };
  });
}

/** With a decimal where the next tick would read the same without. */
function tickText(value: number, spacing: number): string {
  return `${(value * 100).toFixed(spacing < 0.01 ? 1 : 0)} %`;
}

function seriesOf({ metric, points }: ScoreSeries, number: number): Series {
  const isFew = points.length <= MOST_DOTS;
  return {
    label: metricText(metric, l10n),
    curve: { x: points.map(({ step }) => step), y: points.map(({ value }) => value) },
    colour: number,
    dots: isFew,
    ...(isFew
      ? {
          interval: {
            low: points.map(({ interval: [low] }) => low),
            high: points.map(({ interval: [, high] }) => high),
          },
        }
      : {}),
  };
}

function noteOf({ metric, points }: ScoreSeries, named: boolean): string {
  const text = scoreChangeText(points, l10n);
  return named ? `${metricText(metric, l10n)} ${text}` : text;
}
