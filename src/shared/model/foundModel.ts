import * as v from 'valibot';

/** What the host knows of the model that was analyzed: its config.json and how its weights are stored, or why it cannot be read. */
export const FoundModel = v.variant('found', [
  v.object({
    found: v.literal(true),
    file: v.string(),
    config: v.record(v.string(), v.unknown()),
    /** Whether its files hold every matrix of the layers in bfloat16. */
    inBfloat16: v.boolean(),
  }),
  v.object({ found: v.literal(false), problem: v.string() }),
]);
export type FoundModel = v.InferOutput<typeof FoundModel>;
