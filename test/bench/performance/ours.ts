import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as v from 'valibot';
import { forwardWork } from '../../../src/shared/estimate/work';
import { tensorsOfUnit } from '../../../src/shared/model/architecture';
import { headChunkRows } from '../../../src/shared/model/headChunk';
import { peakMemory } from '../../../src/node/process/peakMemory';
import { activationCache } from '../../../src/trainer/tfjs/cache/activationCache';
import {
  exactLayerImportance,
  fastLayerImportance,
  probeOf,
} from '../../../src/trainer/method/layerImportance';
import { allParameters, layerParameters } from '../../../src/trainer/tfjs/tuning/parameters';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import { openEngine } from '../../../src/trainer/tfjs/engine/open';
import { blockForward } from '../../../src/trainer/tfjs/model/block';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { headLosses } from '../../../src/trainer/tfjs/model/head';
import { targetsOf } from '../../../src/trainer/data/sequences/targets';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { ADAMW } from '../../../src/trainer/method/tensorRates';
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
type Job = v.InferOutput<typeof Job>;

type Result = Readonly<Record<string, number | readonly number[] | Readonly<Record<string, number>>>>;

function batchesOf({ tokens, batchSize }: Job): Batch[] {
  const rows = tokens.map((row) => Int32Array.from(row));
  return Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, index) =>
    makeBatch(rows.slice(index * batchSize, (index + 1) * batchSize)),
  );
}

/** Learning rates that are the same everywhere, so that the peer needs no importance; what they are costs nothing. */
async function tune(model: CausalLM, job: Job): Promise<Result> {
  const { learningRate, weightDecay, maxGradNorm, trained, full, epochs } = job;
  const parameters = full ? allParameters(model) : layerParameters(model, trained);
  const known = activationCache(model, full ? [] : trained, {
    folder: tmpdir(),
    megabytes: job.keepStates,
    onProblem: (message) => {
      throw new Error(message);
    },
  });
  const tuned = new TfjsModel(model, parameters, known);
  const request = { clipAt: maxGradNorm, weightDecay, frozen: [], reuse: true, ...ADAMW };
  const rates = new Float64Array(parameters.length).fill(learningRate);
  // Made once: what is kept is known by the sequences themselves.
  const batches = batchesOf(job);
  const losses: number[] = [];
  const seconds: number[] = [];
  let firstStep: number | undefined;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const batch of batches) {
      const begin = performance.now();
      const { loss } = await tuned.step({ ...request, rates, batches: [batch], step: losses.length + 1 });
      losses.push(loss);
      seconds.push((performance.now() - begin) / 1000);
      firstStep ??= Date.now() / 1000 - job.started;
    }
  }
  return { values: losses, stepSeconds: seconds, firstStep: firstStep ?? NaN };
}

/** One value for each tensor of the layers, as the peer has it: a unit here is a module, and none of these has a bias. */
async function units(model: CausalLM, job: Job): Promise<Result> {
  const layers = [...model.blocks.keys()];
  const importance = await unitImportance(
    new TfjsModel(model),
    batchesOf(job),
    { layers, definition: 'released' },
    SILENT_TASK,
  );
  const byName = importance.map((unit) => [`${unit.layer}.${unit.name}`, unit.importance] as const);
  // In the order of their names, as Python sorts them.
  byName.sort(([a], [b]) => (a < b ? -1 : 1));
  return { values: byName.map(([, value]) => value) };
}

/** Layer importance as its definition has it: a whole pass for each masked layer. */
function passPerLayer(model: CausalLM, batches: readonly Batch[]): number[] {
  const { engine } = model;
  const meanWithout = (masked: number): number => {
    const losses = batches.flatMap((batch) => [
      ...engine.tidy(() => {
        const context = model.context(batch);
        let hiddenStates = model.embed(batch);
        for (const [layer, block] of model.blocks.entries()) {
          if (layer !== masked) {
            const next = blockForward(context, block, hiddenStates);
            engine.dispose(hiddenStates);
            hiddenStates = next;
          }
        }
        return headLosses(engine, model.head, hiddenStates, targetsOf(batch));
      }),
    ]);
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  };
  const base = meanWithout(-1);
  return model.blocks.map((_, layer) => meanWithout(layer) - base);
}

async function run(model: CausalLM, job: Job): Promise<Result> {
  const batches = batchesOf(job);
  switch (job.job) {
    case 'exactImportance':
      return {
        values: (await exactLayerImportance(new TfjsModel(model), probeOf(batches), SILENT_TASK)).layers,
      };
    case 'passPerLayer':
      return { values: passPerLayer(model, batches) };
    case 'fastImportance':
      return { values: (await fastLayerImportance(new TfjsModel(model), batches, SILENT_TASK)).layers };
    case 'unitImportance':
      return units(model, job);
    case 'tune':
      return tune(model, job);
    case 'forward':
    case 'matmul':
    case 'shapes': {
      const losses = batches.flatMap((batch) => [...model.losses(batch)]);
      return { values: [losses.reduce((sum, loss) => sum + loss, 0) / losses.length] };
    }
  }
}

/** GFLOP/s of a product [n, k]·[m, k]ᵀ: the median of several. */
function gigaflops(engine: Engine, n: number, k: number, m: number): number {
  const random = (rows: number, columns: number): Tensor =>
    engine.tensor(
      Float32Array.from({ length: rows * columns }, () => Math.random()),
      [rows, columns],
    );
  return engine.tidy(() => {
    const [a, b] = [random(n, k), random(m, k)];
    const seconds = Array.from({ length: 11 }, () => {
      const begin = performance.now();
      engine.tidy(() => engine.matMul(a, b, { transposeB: true }));
      return (performance.now() - begin) / 1000;
    }).sort((x, y) => x - y);
    return (2 * n * k * m) / (seconds[5] ?? NaN) / 1e9;
  });
}

/** What a call costs beside its work: the sum of two numbers, the median of several thousands. */
function callMicroseconds(engine: Engine): number {
  const [a, b] = [1, 2].map((value) => engine.tensor(Float32Array.of(value), [1]));
  if (a === undefined || b === undefined) {
    return NaN;
  }
  const seconds = Array.from({ length: 5000 }, () => {
    const begin = performance.now();
    engine.dispose(engine.add(a, b));
    return performance.now() - begin;
  }).sort((x, y) => x - y);
  engine.dispose(a, b);
  return (seconds[2500] ?? NaN) * 1000;
}

/** The rate of each product of the forward pass of a batch, and that of the whole pass. */
function shapes(model: CausalLM, job: Job): Result {
  const { engine, config } = model;
  const [batch] = batchesOf(job);
  if (batch === undefined) {
    return {};
  }
  const n = batch.tokens.length;
  const head = headChunkRows(config.vocabSize);
  const products = model.units.map(tensorsOfUnit).flatMap(([{ shape } = { shape: [] }]) => {
    const [m = 0, k = 0] = shape;
    return shape.length === 2 ? [[n, k, m]] : [];
  });
  const rates: Record<string, number> = {};
  for (const [rows = 0, k = 0, m = 0] of [
    ...products,
    [Math.min(head, n), config.hiddenSize, config.vocabSize],
  ]) {
    rates[`${rows} × ${k} × ${m}`] ??= gigaflops(engine, rows, k, m);
  }
  const seconds = Array.from({ length: 5 }, () => {
    const begin = performance.now();
    model.losses(batch);
    return (performance.now() - begin) / 1000;
  }).sort((x, y) => x - y);
  const size = { batch: batch.batch, length: batch.length };
  const { matMul } = forwardWork(config, size, config.numHiddenLayers, 'native');
  rates['the whole forward pass'] = matMul / (seconds[2] ?? NaN) / 1e9;
  return { rates };
}

async function main(): Promise<void> {
  const job = v.parse(Job, JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
  const engine = await openEngine(job.engine);
  try {
    if (job.job === 'matmul') {
      // With the library loaded, and before there is a tensor.
      const idleMemory = peakMemory();
      const rate = gigaflops(engine, 2048, 2048, 2048);
      console.log(
        JSON.stringify({ gigaflops: rate, callMicroseconds: callMicroseconds(engine), idleMemory }),
      );
      return;
    }
    const begin = performance.now();
    const model = CausalLM.load(engine, job.model, undefined, {
      choice: job.storage,
      rows: job.batchSize * (job.tokens[0]?.length ?? 0),
      frozen: (layer) => !job.full && !job.trained.includes(layer),
    });
    const loadSeconds = (performance.now() - begin) / 1000;
    const [first] = batchesOf(job);
    // The first step warms up where there are steps.
    if (first !== undefined && job.job !== 'tune') {
      model.losses(first);
    }
    if (job.job === 'shapes') {
      console.log(JSON.stringify(shapes(model, job)));
      return;
    }
    const started = performance.now();
    const result = await run(model, job);
    const seconds = (performance.now() - started) / 1000;
    console.log(JSON.stringify({ ...result, seconds, loadSeconds, peakMemory: peakMemory() }));
  } finally {
    engine.close();
  }
}

void main();
