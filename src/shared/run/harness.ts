import * as v from 'valibot';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A metric of lm-evaluation-harness, for example `exact_match` with the filter `strict-match`. */
export const HarnessMetric = v.object({
  metric: text,
  filter: text,
  value: v.number(),
  /** Standard error; null where the harness has none. */
  stderr: v.nullable(v.number()),
});
export type HarnessMetric = v.InferOutput<typeof HarnessMetric>;

export const HarnessTask = v.object({
  task: text,
  /** Of the task's definition; null where it has none. */
  version: v.nullable(text),
  shots: v.nullable(count),
  /** Questions that were asked, and that there are; null of a group. */
  asked: v.nullable(count),
  all: v.nullable(count),
  metrics: v.array(HarnessMetric),
});
export type HarnessTask = v.InferOutput<typeof HarnessTask>;

/** What lm-evaluation-harness measured of a model. */
export const HarnessResult = v.object({
  /** ISO 8601. */
  time: text,
  /** Of the model's folder; null of a checkpoint that was exported for it alone. */
  model: v.nullable(text),
  /** Of the run's checkpoint; null where a folder was named. */
  step: v.nullable(count),
  alpha: v.nullable(v.number()),
  /** Versions of lm_eval and of transformers. */
  lmEval: text,
  transformers: text,
  /** Questions of a task at most; null: all. */
  limit: v.nullable(count),
  seconds: v.number(),
  tasks: v.array(HarnessTask),
});
export type HarnessResult = v.InferOutput<typeof HarnessResult>;

/** harness.json of a run folder: everything that was measured of its models, by time. */
export const HarnessFile = v.object({
  format: v.literal('adept.harness/1'),
  results: v.array(HarnessResult),
});
export type HarnessFile = v.InferOutput<typeof HarnessFile>;
