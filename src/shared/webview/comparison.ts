import * as v from 'valibot';
import { ChangeMeasure, Comparison } from '../run/comparison';
import { SCALE_KINDS } from '../heatmap/heatScale';

/** A point of a run: a checkpoint's step, or the model before the first step. */
export const PointSource = v.object({
  run: v.string(),
  step: v.union([v.literal('base'), v.pipe(v.number(), v.integer(), v.minValue(0))]),
});
export type PointSource = v.InferOutput<typeof PointSource>;

/** What a comparison panel shows. The browser keeps it over a restart. */
export const ComparisonSource = v.object({ a: PointSource, b: PointSource });
export type ComparisonSource = v.InferOutput<typeof ComparisonSource>;

/** Which of the two points a message is about. */
export const PointSide = v.picklist(['a', 'b']);
export type PointSide = v.InferOutput<typeof PointSide>;

const labels = v.object({ a: v.nullable(v.string()), b: v.nullable(v.string()) });

/** From the extension to the page. */
export const ToComparison = v.variant('type', [
  /** The comparison is being made. */
  v.object({ type: v.literal('working') }),
  /** The result, with what people call the two checkpoints. */
  v.object({ type: v.literal('show'), comparison: Comparison, labels }),
  /** It could not be made: why, in a sentence. */
  v.object({ type: v.literal('failed'), message: v.string() }),
  /** What is shown holds no more: a sentence for each checkpoint that was deleted; empty when both are there again. */
  v.object({ type: v.literal('gone'), messages: v.array(v.string()) }),
  /** A file that the person asked for was written. */
  v.object({ type: v.literal('saved'), file: v.string() }),
]);
export type ToComparison = v.InferOutput<typeof ToComparison>;

/** From the page to the extension. */
export const FromComparison = v.variant('type', [
  v.object({ type: v.literal('saveCsv'), text: v.string() }),
  /** Compare once more. */
  v.object({ type: v.literal('again') }),
  /** Compare B with A instead. */
  v.object({ type: v.literal('swap') }),
  /** Show the tensors of a checkpoint. */
  v.object({ type: v.literal('openTensors'), side: PointSide }),
]);
export type FromComparison = v.InferOutput<typeof FromComparison>;

/** What the page finds again after it was hidden. */
export const ComparisonView = v.object({
  measure: ChangeMeasure,
  scale: v.picklist(SCALE_KINDS),
  asTable: v.boolean(),
  order: v.object({
    by: v.union([v.literal('number'), v.object({ column: v.number() })]),
    descending: v.boolean(),
  }),
});
export type ComparisonView = v.InferOutput<typeof ComparisonView>;

export const FIRST_COMPARISON_VIEW: ComparisonView = {
  measure: 'change',
  // Copies start at zero in what they add: relative to that a few matrices are far beyond all others.
  scale: 'rank',
  asTable: false,
  order: { by: 'number', descending: false },
};
