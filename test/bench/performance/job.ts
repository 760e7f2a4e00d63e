import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { Model } from '../../../src/trainer/executor/executor';
import { ADAMW } from '../../../src/trainer/method/tensorRates';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { SILENT_TASK } from '../../../src/trainer/task';

const count = v.pipe(v.number(), v.integer());
const Job = v.object({
  job: v.picklist([
    'exactImportance',
    'passPerLayer',
    'fastImportance',
    'unitImportance',
    'tune',
    'forward',
    'matmul',
    'shapes',
  ]),
  engine: v.picklist(['native', 'wasm']),
  model: v.string(),
  tokens: v.array(v.array(count)),
  batchSize: count,
  trained: v.array(count),
  full: v.boolean(),
  epochs: count,
  /** When the process was started, seconds since 1970. */
  started: v.number(),
  learningRate: v.number(),
  weightDecay: v.number(),
  maxGradNorm: v.number(),
  /** MB of hidden states that may be kept. */
  keepStates: v.optional(count, 4096),
  storage: v.optional(v.picklist(['float32', 'bfloat16']), 'float32'),
});
export type Job = v.InferOutput<typeof Job>;

/** What a side prints. */
export type Result = Readonly<Record<string, number | readonly number[] | Readonly<Record<string, number>>>>;

export function batchesOf({ tokens, batchSize }: Job): Batch[] {
  const rows = tokens.map((row) => Int32Array.from(row));
  return Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, index) =>
    makeBatch(rows.slice(index * batchSize, (index + 1) * batchSize)),
  );
}

/** The job that this process is to do: its file is the first argument. */
export function readJob(): Job {
  return v.parse(Job, JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
}

/** Learning rates that are the same everywhere, so that the peer needs no importance; what they are costs nothing. */
export async function tuneValues(model: Model, job: Job): Promise<Result> {
  const { learningRate, weightDecay, maxGradNorm, epochs } = job;
  const request = { clipAt: maxGradNorm, weightDecay, frozen: [], reuse: true, ...ADAMW };
  const rates = new Float64Array(model.trained.length).fill(learningRate);
  // Made once: what is kept is known by the sequences themselves.
  const batches = batchesOf(job);
  const losses: number[] = [];
  const seconds: number[] = [];
  let firstStep: number | undefined;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const batch of batches) {
      const begin = performance.now();
      const { loss } = await model.step({ ...request, rates, batches: [batch], step: losses.length + 1 });
      losses.push(loss);
      seconds.push((performance.now() - begin) / 1000);
      firstStep ??= Date.now() / 1000 - job.started;
    }
  }
  return { values: losses, stepSeconds: seconds, firstStep: firstStep ?? NaN };
}

/** One value for each tensor of the layers, as the peer has it: a unit here is a module, and none of these has a bias. */
export async function unitValues(model: Model, job: Job): Promise<Result> {
  const layers = Array.from({ length: model.config.numHiddenLayers }, (_, layer) => layer);
  const wanted = { layers, definition: 'released' } as const;
  const importance = await unitImportance(model, batchesOf(job), wanted, SILENT_TASK);
  const byName = importance.map((unit) => [`${unit.layer}.${unit.name}`, unit.importance] as const);
  // In the order of their names, as Python sorts them.
  byName.sort(([a], [b]) => (a < b ? -1 : 1));
  return { values: byName.map(([, value]) => value) };
}
