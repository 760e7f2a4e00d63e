import { tmpdir } from 'node:os';
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
import type { Batch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import { openEngine } from '../../../src/trainer/tfjs/engine/open';
import { blockForward } from '../../../src/trainer/tfjs/model/block';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { headLosses } from '../../../src/trainer/tfjs/model/head';
import { targetsOf } from '../../../src/trainer/data/sequences/targets';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { SILENT_TASK } from '../../../src/trainer/task';
import { batchesOf, readJob, tuneValues, unitValues, type Job, type Result } from './job';

async function tune(model: CausalLM, job: Job): Promise<Result> {
  const { trained, full } = job;
  const parameters = full ? allParameters(model) : layerParameters(model, trained);
  const known = activationCache(model, full ? [] : trained, {
    folder: tmpdir(),
    megabytes: job.keepStates,
    onProblem: (message) => {
      throw new Error(message);
    },
  });
  return tuneValues(new TfjsModel(model, parameters, known), job);
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
      return unitValues(new TfjsModel(model), job);
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
  const job = readJob();
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
