import * as v from 'valibot';
import type { Localizer } from '../common/localizer';
import { overlap, scoresOf, TaskScores, type Score } from './scores';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nullable = v.nullable(v.number());

/** One of the two things compared: a checkpoint, or the model as it was before the first step (`base`). */
export const ComparedPoint = v.object({
  /** The run folder. */
  run: v.string(),
  step: count,
  base: v.boolean(),
  createdAt: v.nullable(v.string()),
  /** Training loss of the step, nats per predicted token: that of its batch, so no two of them compare. */
  loss: nullable,
  /** Null where the run was not evaluated at this very step. */
  domainLoss: nullable,
  generalLoss: nullable,
  baseLearningRate: nullable,
  /** Mean over the units of the learning rates in force, before the schedule. */
  meanUnitLearningRate: nullable,
  /** Of the tasks that were scored at this very step. */
  scores: v.array(TaskScores),
});
export type ComparedPoint = v.InferOutput<typeof ComparedPoint>;

/** How far a set of parameters θ moved from A to B; norms are Euclidean, over all tensors of the set together. */
const change = {
  parameters: count,
  /** ‖θ_A‖ */
  norm: v.number(),
  /** ‖θ_B − θ_A‖ */
  difference: v.number(),
  /** difference / norm; 0 where both are zero, null where only the norm is: then there is nothing to relate to. */
  change: nullable,
};

/** A layer that is trained in A or B, by its number in either model; `source` is the base model's layer. */
export const ComparedLayer = v.object({
  layer: count,
  layerInB: count,
  source: count,
  /** Whether the layer is an added copy of its source. */
  added: v.boolean(),
});
export type ComparedLayer = v.InferOutput<typeof ComparedLayer>;

/** `layer` is the number in A. */
export const UnitChange = v.object({ layer: count, name: v.string(), ...change });
export type UnitChange = v.InferOutput<typeof UnitChange>;

export const TensorChange = v.object({ name: v.string(), ...change });
export type TensorChange = v.InferOutput<typeof TensorChange>;

/** What `adept compare` prints as JSON. */
export const Comparison = v.object({
  format: v.literal('adept.comparison/1'),
  a: ComparedPoint,
  b: ComparedPoint,
  layers: v.array(ComparedLayer),
  units: v.array(UnitChange),
  /** Trained tensors outside the layers: embedding, final norm, output projection. */
  outer: v.array(TensorChange),
  /** What a reader has to know beside the numbers, one sentence each. */
  notes: v.array(v.string()),
});
export type Comparison = v.InferOutput<typeof Comparison>;

/** How a metric is written. */
type MetricUnit = 'step' | 'nats' | 'rate';

/** Metrics of a point in the order they are shown. */
export const COMPARED_METRICS = [
  { key: 'step', name: 'step', unit: 'step' },
  { key: 'domainLoss', name: 'domain loss', unit: 'nats' },
  { key: 'generalLoss', name: 'general loss', unit: 'nats' },
  { key: 'loss', name: 'training loss of one batch', unit: 'nats' },
  { key: 'baseLearningRate', name: 'base learning rate', unit: 'rate' },
  { key: 'meanUnitLearningRate', name: 'mean unit learning rate', unit: 'rate' },
] as const satisfies readonly { key: keyof ComparedPoint; name: string; unit: MetricUnit }[];
export type MetricKey = (typeof COMPARED_METRICS)[number]['key'];

/** A score at both points; undefined where it was not asked for. */
export interface ComparedScore {
  readonly task: string;
  readonly metric: Score['metric'];
  readonly a: Score | undefined;
  readonly b: Score | undefined;
  /** Whether the 95 % intervals overlap, so that the difference may be chance. */
  readonly mayBeChance: boolean;
}

/** Every score of either point. */
export function comparedScores({ a, b }: Record<'a' | 'b', Pick<ComparedPoint, 'scores'>>): ComparedScore[] {
  const [left, right] = [a, b].map(({ scores }) => scores.flatMap(scoresOf));
  const all = [...(left ?? []), ...(right ?? [])];
  const same = (one: Score, other: Score): boolean => one.task === other.task && one.metric === other.metric;
  return all
    .filter((score, index) => all.findIndex((other) => same(score, other)) === index)
    .map((score) => {
      const [inA, inB] = [left, right].map((scores) => scores?.find((other) => same(score, other)));
      const mayBeChance = inA !== undefined && inB !== undefined && overlap(inA, inB);
      return { task: score.task, metric: score.metric, a: inA, b: inB, mayBeChance };
    });
}

/** ‖θ_B − θ_A‖ / ‖θ_A‖ with the two cases in which A is zero. */
export function relativeChange(norm: number, difference: number): number | null {
  if (norm > 0) {
    return difference / norm;
  }
  return difference === 0 ? 0 : null;
}

/** `step 500`, or `base` for the model before the first step. */
export function pointName(point: Pick<ComparedPoint, 'step' | 'base'>): string {
  return point.base ? 'base' : `step ${point.step}`;
}

/** A relative change as percent with three significant digits; a dash where there is none. */
export function formatChange(change: number | null): string {
  if (change === null) {
    return '–';
  }
  const percent = 100 * change;
  return `${percent === 0 ? '0' : percent >= 100 ? percent.toFixed(0) : percent.toPrecision(3)}%`;
}

/** A norm with five significant digits. */
export function formatNorm(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** A metric, or a difference of two, with as many decimals as the others of its kind; a dash where there is none. */
export function formatMetric(key: MetricKey, value: number | null): string {
  if (value === null) {
    return '–';
  }
  switch (COMPARED_METRICS.find((metric) => metric.key === key)?.unit) {
    case 'nats':
      return value.toFixed(4);
    case 'rate':
      return value === 0 ? '0' : value.toPrecision(3);
    case 'step':
    case undefined:
      return String(value);
  }
}

/** The difference of two shares in percentage points, with its sign. */
export function pointsText(difference: number, l10n: Localizer): string {
  const points = (Math.abs(difference) * 100).toFixed(1);
  return l10n.t('{0} points', `${difference < 0 ? '−' : '+'}${points}`);
}

/** What the heatmap shows of a unit: ‖B − A‖ / ‖A‖, or ‖B − A‖. */
export const ChangeMeasure = v.picklist(['change', 'difference']);
export type ChangeMeasure = v.InferOutput<typeof ChangeMeasure>;
