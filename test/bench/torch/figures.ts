import * as v from 'valibot';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../support/projectRoot';

/** Where, with what and by which command it was measured. */
const measured = {
  command: v.string(),
  machine: v.string(),
  library: v.string(),
  transformers: v.string(),
};

/** What a run in one type came to. */
const Side = v.object({
  /** Evaluations, nats, by step. */
  evaluations: v.array(v.object({ step: v.number(), domain: v.number(), general: v.number() })),
  /** Mean of the training loss over the last tenth of all steps, nats. */
  lastLoss: v.number(),
  /** Of all steps together. */
  seconds: v.number(),
  tensors: v.number(),
  /** Tensors that are what they were. */
  unmoved: v.array(v.string()),
  /** The tensor that moved least of those that were not zero: its relative change. */
  leastMoved: v.object({ name: v.string(), relative: v.number() }),
});
export type Side = v.InferOutput<typeof Side>;

/** bench/results/torchBfloat16.json */
export const Bfloat16Figures = v.object({
  ...measured,
  steps: v.number(),
  batchSize: v.number(),
  seqLen: v.number(),
  sequences: v.number(),
  layers: v.array(v.number()),
  seed: v.number(),
  float32: Side,
  bfloat16: Side,
});
export type Bfloat16Figures = v.InferOutput<typeof Bfloat16Figures>;

/** What happened at one moment. */
export const Moment = v.object({
  what: v.picklist(['kill a rank', 'stop a rank', 'kill the trainer']),
  ranks: v.number(),
  /** Which rank; null where it is the trainer. */
  rank: v.nullable(v.number()),
  phase: v.picklist(['start', 'analysis', 'tuning', 'evaluation', 'checkpoint']),
  /** Of the run, when it happened. */
  step: v.number(),
  /** Until the command and every process that it had started had ended. */
  seconds: v.number(),
  /** What the command said; empty for a killed trainer, which says nothing. */
  said: v.string(),
  /** What was not as it has to be. */
  problems: v.array(v.string()),
});
export type Moment = v.InferOutput<typeof Moment>;

/** bench/results/torchFaults.json */
export const FaultFigures = v.object({ ...measured, seed: v.number(), moments: v.array(Moment) });
export type FaultFigures = v.InferOutput<typeof FaultFigures>;

const Seconds = v.object({ first: v.number(), median: v.number(), fastest: v.number(), slowest: v.number() });
const WithAndWithout = v.object({ eager: Seconds, compiled: Seconds });

/** What python/bench/compiled.py writes. */
export const CompileMeasurement = v.object({
  /** Layers that train, of the expanded model. */
  layers: v.array(v.number()),
  sequences: v.number(),
  length: v.number(),
  rounds: v.number(),
  threads: v.number(),
  device: v.string(),
  works: v.object({
    step: WithAndWithout,
    'forward pass': WithAndWithout,
    'exact importance': WithAndWithout,
  }),
  /** The largest difference of a loss, relative to the largest loss. */
  difference: v.number(),
});

/** bench/results/torchCompile.json */
export const CompileFigures = v.object({ ...measured, ...CompileMeasurement.entries });
export type CompileFigures = v.InferOutput<typeof CompileFigures>;

export const FIGURES = {
  bfloat16: join(projectRoot, 'bench/results/torchBfloat16.json'),
  compile: join(projectRoot, 'bench/results/torchCompile.json'),
  faults: join(projectRoot, 'bench/results/torchFaults.json'),
  page: join(projectRoot, 'docs/torch.md'),
} as const;

/** @param versions of `adept setup --torch` */
export function measuredHere(
  command: string,
  { torch, transformers }: { readonly torch: string; readonly transformers: string },
): v.InferOutput<v.ObjectSchema<typeof measured, undefined>> {
  const [processor] = cpus();
  return {
    command,
    machine: `${processor?.model.trim() ?? 'unknown processor'}, ${cpus().length} processors, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    library: `torch ${torch}`,
    transformers: `transformers ${transformers}`,
  };
}
