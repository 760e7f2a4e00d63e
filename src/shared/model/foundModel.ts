import * as v from 'valibot';

/** What the host knows of the model that was analyzed: its config.json, or why it cannot be read. */
export const FoundModel = v.variant('found', [
  v.object({
    found: v.literal(true),
    file: v.string(),
    config: v.record(v.string(), v.unknown()),
  }),
  v.object({ found: v.literal(false), problem: v.string() }),
]);
export type FoundModel = v.InferOutput<typeof FoundModel>;
