import * as v from 'valibot';
import { Remedy } from './logSubject';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const rates = v.object({ lowest: v.number(), highest: v.number() });

/** What happened to a run beside its steps, by the step that stands on the axis. */
export const RunMark = v.variant('kind', [
  /** The base learning rate was changed. */
  v.object({ kind: v.literal('rate'), step: count, from: v.number(), to: v.number() }),
  /** The importance of the units was measured, and with it their learning rates. */
  v.object({
    kind: v.literal('refresh'),
    step: count,
    source: v.string(),
    /** Rates of the units that train, before; null at the first measurement. */
    before: v.nullable(rates),
    after: rates,
    /** The unit whose rate changed by the largest factor; null where none changed. */
    most: v.nullable(v.object({ layer: count, name: v.string(), from: v.number(), to: v.number() })),
  }),
  /** A trainer took the run up at `step`, which had come to step `reached` before. */
  v.object({ kind: v.literal('resume'), step: count, reached: count }),
  /** The run did something about what the evaluation at step `at` showed. */
  v.object({ kind: v.literal('remedy'), step: count, at: count, because: v.string(), remedy: Remedy }),
]);
export type RunMark = v.InferOutput<typeof RunMark>;
export type MarkKind = RunMark['kind'];

/** In the order of a legend. */
export const MARK_KINDS = ['rate', 'refresh', 'resume', 'remedy'] as const satisfies readonly MarkKind[];
