import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a run did because it forgot more than it may, or because a number was none. */
export const Remedy = v.variant('kind', [
  v.object({ kind: v.literal('stop') }),
  v.object({ kind: v.literal('lower'), from: v.number(), to: v.number() }),
  v.object({
    kind: v.literal('freeze'),
    units: v.array(v.object({ layer: count, name: v.string() })),
    /** Units that train still. */
    left: count,
  }),
  /** Back to the checkpoint of step `back`, at the base rate `to`. */
  v.object({ kind: v.literal('rollBack'), back: count, from: v.number(), to: v.number() }),
]);
export type Remedy = v.InferOutput<typeof Remedy>;

/** What the line of a log is about, for whoever wants to show it as more than a line. */
export const LogSubject = v.variant('kind', [
  /** The base learning rate of the steps after `step`. */
  v.object({ kind: v.literal('baseRate'), step: count, from: v.number(), to: v.number() }),
  v.object({ kind: v.literal('remedy'), step: count, because: v.string(), remedy: Remedy }),
]);
export type LogSubject = v.InferOutput<typeof LogSubject>;
