import * as v from 'valibot';
import { RunConfig } from './runConfig';

const nullable = v.nullable(v.number());
const losses = v.object({ domainLoss: nullable, generalLoss: nullable, accuracy: nullable });

/** job.json of a run folder that `adept run` made: the configuration, with absolute paths and every default. */
export const JobFile = v.object({
  format: v.literal('adept.job/1'),
  createdAt: v.string(),
  config: RunConfig,
});
export type JobFile = v.InferOutput<typeof JobFile>;

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
  after: losses,
  /** Wall-clock seconds of each stage; of the last run of it, where it was resumed. */
  seconds: v.record(v.string(), v.number()),
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
} as const;
