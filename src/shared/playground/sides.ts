import * as v from 'valibot';

const path = v.pipe(v.string(), v.minLength(1));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const CheckpointSide = v.object({
  kind: v.literal('checkpoint'),
  run: path,
  step: count,
  /** Strength of the added layers; 1 where the run added none. */
  alpha: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  /** Added layers that are left out. */
  drop: v.optional(v.array(count), []),
});
export type CheckpointSide = v.InferOutput<typeof CheckpointSide>;

/** Whose answers a column of the playground shows. */
export const Side = v.variant('kind', [
  /** A Hugging Face folder as it is. */
  v.object({ kind: v.literal('model'), model: path }),
  /** The model that a run began with. */
  v.object({ kind: v.literal('base'), run: path }),
  CheckpointSide,
]);
export type Side = v.InferOutput<typeof Side>;

/** One column, or two beside each other. */
export const Sides = v.pipe(v.array(Side), v.minLength(1), v.maxLength(2));
export type Sides = v.InferOutput<typeof Sides>;

/** The run or model folder that a side is of. */
export function originOf(side: Side): string {
  return side.kind === 'model' ? side.model : side.run;
}
