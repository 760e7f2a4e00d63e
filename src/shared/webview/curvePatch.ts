import * as v from 'valibot';

/** Points of a curve by ascending position: they replace all that was known from position `from` on. */
export const CurvePatch = v.object({ from: v.number(), x: v.array(v.number()), y: v.array(v.number()) });
export type CurvePatch = v.InferOutput<typeof CurvePatch>;
