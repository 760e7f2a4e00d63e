import * as v from 'valibot';
import type { Localizer } from '../common/localizer';
import { wilsonInterval } from '../common/wilsonInterval';
import { ChoiceScore } from '../config/runConfig';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Ways of counting right answers, as `adept eval` names them. */
const SCORE_METRICS = ['accuracy', 'accuracyNormalized', 'strictMatch', 'flexibleExtract'] as const;
export type ScoreMetric = (typeof SCORE_METRICS)[number];

/** How many of a task's questions are answered right, by each way of counting. */
export const TaskScores = v.object({
  task: text,
  questions: v.pipe(count, v.minValue(1)),
  correct: v.pipe(v.array(v.object({ metric: v.picklist(SCORE_METRICS), count })), v.minLength(1)),
});
export type TaskScores = v.InferOutput<typeof TaskScores>;

/** A share of right answers. */
export interface Score {
  readonly task: string;
  readonly metric: ScoreMetric;
  readonly value: number;
  /** The 95 % Wilson interval. */
  readonly interval: readonly [low: number, high: number];
}

/** What was scored at a step. */
export const ScorePoint = v.object({ step: count, ...TaskScores.entries });
export type ScorePoint = v.InferOutput<typeof ScorePoint>;

export function scoresOf({ task, questions, correct }: TaskScores): Score[] {
  return correct.map(({ metric, count: right }) => ({
    ...{ task, metric, value: right / questions, interval: wilsonInterval(right, questions) },
  }));
}

/** `31.0 %` */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** `26.4 to 36.0 %` */
export function intervalText([low, high]: Score['interval']): string {
  return `${(low * 100).toFixed(1)} to ${percentText(high)}`;
}

/** What a way of counting right answers is called. */
export function metricText(metric: ScoreMetric, l10n: Localizer): string {
  switch (metric) {
    case 'accuracy':
      return l10n.t('accuracy');
    case 'accuracyNormalized':
      return l10n.t('by length');
    case 'strictMatch':
      return l10n.t('strict');
    case 'flexibleExtract':
      return l10n.t('flexible');
  }
}

/** Where a score came to, and whether that is sure to be another than at the start: `36.0 % (from 31.0 %, may be chance)`. */
export function scoreChangeText(points: readonly Score[], l10n: Localizer): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) {
    return '–';
  }
  const now = percentText(last.value);
  if (first === last) {
    return now;
  }
  const start = percentText(first.value);
  return overlap(first, last)
    ? l10n.t('{0} (from {1}, may be chance)', now, start)
    : l10n.t('{0} (from {1})', now, start);
}

/** `mmlu accuracy 31.0 % (26.4 to 36.0 %)` */
export function scoreText({ task, metric, value, interval }: Score): string {
  return `${task} ${metric} ${percentText(value)} (${intervalText(interval)})`;
}

/** One score of a run, measured at several steps. */
export interface ScoreSeries {
  readonly task: string;
  readonly metric: ScoreMetric;
  /** By ascending step, one at least. */
  readonly points: readonly (Score & { readonly step: number })[];
}

/** Each score by itself, in the order in which they came first. @param points by ascending step */
export function scoreSeries(points: readonly ScorePoint[]): ScoreSeries[] {
  const series = new Map<string, ScoreSeries & { readonly points: (Score & { step: number })[] }>();
  for (const point of points) {
    for (const score of scoresOf(point)) {
      const key = JSON.stringify([score.task, score.metric]);
      const known = series.get(key) ?? { task: score.task, metric: score.metric, points: [] };
      known.points.push({ ...score, step: point.step });
      series.set(key, known);
    }
  }
  return [...series.values()];
}

/** Whether the intervals of two scores overlap, so that their difference may be chance. */
export function overlap(
  { interval: [low, high] }: Score,
  { interval: [otherLow, otherHigh] }: Score,
): boolean {
  return low <= otherHigh && otherLow <= high;
}

const ChoiceQuestion = v.object({
  subject: v.optional(text),
  question: text,
  choices: v.pipe(v.array(text), v.minLength(2)),
  answer: count,
});

const OpenQuestion = v.object({ question: text, answer: text });

/** tasks.json of a run folder: what it is scored by, fixed when the run begins, whatever becomes of the files since. */
export const TaskSet = v.object({
  format: v.literal('adept.tasks/1'),
  tasks: v.pipe(
    v.array(
      v.variant('format', [
        v.object({
          format: v.literal('choices'),
          name: text,
          score: ChoiceScore,
          shots: count,
          questions: v.pipe(v.array(ChoiceQuestion), v.minLength(1)),
          examples: v.array(ChoiceQuestion),
        }),
        v.object({
          format: v.literal('generate'),
          name: text,
          maxTokens: v.pipe(count, v.minValue(1)),
          questions: v.pipe(v.array(OpenQuestion), v.minLength(1)),
          /** All of them stand before each question. */
          examples: v.array(OpenQuestion),
        }),
      ]),
    ),
    v.minLength(1),
  ),
});
export type TaskSet = v.InferOutput<typeof TaskSet>;
export type FixedTask = TaskSet['tasks'][number];
