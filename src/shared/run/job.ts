import * as v from 'valibot';
import { RunConfig } from '../config/runConfig';

const nullable = v.nullable(v.number());
const losses = v.object({ domainLoss: nullable, generalLoss: nullable, accuracy: nullable });

/** job.json of a run folder that `adept run` made: the configuration, with absolute paths and every default. */
export const JobFile = v.object({
  format: v.literal('adept.job/1'),
  createdAt: v.string(),
  config: RunConfig,
});
export type JobFile = v.InferOutput<typeof JobFile>;

/** How many of the tokens that a model holds for the likeliest are others than before it was tuned. */
export const TokenShift = v.object({
  /** Predicted positions of the text. */
  positions: v.number(),
  /** Share whose likeliest token changed: that of the tuned model is not the first of the model before. */
  changed: v.number(),
  /** Of all positions, those whose token had been the second or third before, and those where it lay beyond. */
  marginal: v.number(),
  shifted: v.number(),
});
export type TokenShift = v.InferOutput<typeof TokenShift>;

/** report.json: what the whole job came to. */
export const JobReport = v.object({
  format: v.literal('adept.report/1'),
  model: v.string(),
  out: v.string(),
  exported: v.string(),
  engine: v.record(v.string(), v.unknown()),
  layers: v.object({ before: v.number(), after: v.number(), expanded: v.array(v.number()) }),
  parameters: v.object({ before: v.number(), after: v.number(), trained: v.number() }),
  steps: v.number(),
  before: losses,
  /** Of the exported model. */
  after: losses,
  /** On the evaluation texts. */
  tokenShift: v.optional(v.object({ domain: TokenShift, general: TokenShift })),
  /** Wall-clock seconds of each stage; of the last run of it, where it was resumed. */
  seconds: v.record(v.string(), v.number()),
  /** Of steps and refreshes of the learning rates alone, over all of the run. */
  trainingSeconds: v.number(),
  /** Peak resident memory of the process, bytes. */
  peakMemory: v.number(),
});
export type JobReport = v.InferOutput<typeof JobReport>;

/** Names inside the folder of a whole job, beside those of a run. */
export const JOB_FILES = {
  job: 'job.json',
  expanded: 'expanded',
  exported: 'export',
  report: 'report.json',
  /** The run as a page for people, where that was asked for. */
  page: 'report.html',
} as const;
