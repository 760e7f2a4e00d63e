import { intervalText, overlap, percentText, scoreSeries, type Score } from '../../../shared/run/scores';
import { html } from '../html';
import { lineChart } from '../lineChart';
import { countText } from '../numbers';
import { numbersAfter, table } from '../table';
import type { ReportSection } from './section';

/** The questions that the model answered right, before the first step and at the last, and over the steps. */
export const SCORES: ReportSection = {
  id: 'scores',
  title: 'Scores',
  body: ({ scores, summary }) => {
    const series = scoreSeries(scores);
    if (series.length === 0) {
      return undefined;
    }
    const questions = new Map(scores.map((point) => [point.task, point.questions]));
    const rows = series.map(({ task, metric, points }) => {
      const [first, last] = [points[0], points.at(-1)];
      return [
        `${task}, ${metric}`,
        ...[countText(questions.get(task)), sided(first), sided(last)],
        first === undefined || last === undefined || first === last
          ? ''
          : overlap(first, last)
            ? 'may be chance'
            : 'beyond chance',
      ];
    });
    const last = Math.max(1, ...scores.map(({ step }) => step), summary.step);
    const x = { low: 0, high: last, whole: true };
    const charts = series.map(({ task, metric, points }) => {
      const steps = points.map(({ step }) => step);
      const end = points.at(-1);
      return lineChart({
        ...{ title: `${task}, ${metric}`, note: end === undefined ? '' : percentText(end.value) },
        units: ['right answers', 'step'],
        ...{ x, position: countText, tick: ({ value }) => percentText(value), format: percentText },
        lines: [
          {
            label: 'low',
            kind: 'general',
            pale: true,
            curve: { x: steps, y: points.map(({ interval: [low] }) => low) },
          },
          {
            label: 'high',
            kind: 'general',
            pale: true,
            curve: { x: steps, y: points.map(({ interval: [, high] }) => high) },
          },
          {
            label: metric,
            kind: 'domain',
            dots: true,
            curve: { x: steps, y: points.map(({ value }) => value) },
          },
        ],
      });
    });
    const columns = [...numbersAfter('task', 'questions', 'before', 'last'), { name: 'change' }];
    return html`${table('Scores before and after', columns, rows)}
      <p class="muted">
        Shares of right answers with their 95 % Wilson intervals. Where the intervals overlap, the change may
        be chance.
      </p>
      <div class="charts">${charts}</div>`;
  },
};

function sided(score: Score | undefined): string {
  return score === undefined ? '–' : `${percentText(score.value)} (${intervalText(score.interval)})`;
}
