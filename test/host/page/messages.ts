import * as v from 'valibot';

/** What the probe page is told. */
export const ToProbe = v.variant('type', [
  v.object({ type: v.literal('echo'), text: v.string() }),
  v.object({ type: v.literal('keep'), text: v.string() }),
  v.object({ type: v.literal('violate') }),
  v.object({ type: v.literal('throw'), text: v.string() }),
]);

/** What the probe page answers. */
export const FromProbe = v.variant('type', [
  v.object({
    type: v.literal('echoed'),
    text: v.string(),
    source: v.unknown(),
    kept: v.optional(v.string()),
    iconFont: v.boolean(),
  }),
  v.object({ type: v.literal('violation'), directive: v.string() }),
]);
export type FromProbe = v.InferOutput<typeof FromProbe>;
