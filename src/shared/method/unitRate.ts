import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A unit's importance and the learning rate it leads to, before the schedule. */
export const UnitRate = v.object({
  layer: count,
  name: v.string(),
  importance: v.number(),
  /** What the importance counts for among the units, 0 to 1, after smoothing; ½ gives the base rate. */
  normalized: v.optional(v.number()),
  learningRate: v.number(),
  /** Trains no more, because the run forgot more than it may. */
  frozen: v.optional(v.boolean()),
});
export type UnitRate = v.InferOutput<typeof UnitRate>;
