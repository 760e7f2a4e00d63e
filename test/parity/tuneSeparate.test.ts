import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { NewRunEvent } from '../../src/shared/run/runFolder';
import type { UnitRate } from '../../src/shared/method/unitRate';
import { unitRates } from '../../src/shared/method/learningRates';
import type { Model } from '../../src/trainer/executor/executor';
import type { OpenRequest } from '../../src/trainer/executor/requests';
import { closing, withModel } from '../../src/trainer/executor/withModel';
import { openExecutor } from '../../src/trainer/openExecutor';
import { meanLoss } from '../../src/trainer/method/loss';
import { ADAMW, TensorRates } from '../../src/trainer/method/tensorRates';
import { unitImportance } from '../../src/trainer/method/unitImportance';
import { makeBatch, type Batch } from '../../src/trainer/data/sequences/batch';
import { SILENT_TASK } from '../../src/trainer/task';
import { RATE_MAPPING } from '../support/settings';
import { temporaryFolder } from '../support/temporaryFolder';
import { ENGINES } from './engines';
import { seededRandom } from '../../src/shared/common/random';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPES } from './recipes';
import { reference } from './reference';
import { addedLayers, checkRun, DEFAULT_PLAN, expanded, tuned, tuneRequest, type TuneCase } from './tuned';

type Part = 'domain' | 'probe' | 'evaluate';

/** Sequences of 64 tokens, in documents of 1 to 40. */
function packedCase(): Required<TuneCase> {
  const lengths = Array.from({ length: 48 }, () => 64);
  const sequences = randomSequences(6, lengths, RECIPES.llama.config.vocab_size);
  const random = seededRandom(7);
  const starts = lengths.map((length) => {
    const begins: number[] = [];
    for (let at = 0; at < length; at += 1 + Math.floor(random() * 40)) {
      begins.push(at);
    }
    return Int32Array.from(begins);
  });
  const parts = <T>(all: readonly T[]): Record<Part, readonly T[]> => ({
    domain: all.slice(0, 40),
    probe: all.slice(40),
    evaluate: all.slice(36, 44),
  });
  return {
    layers: [1, 2],
    ...parts(sequences),
    documentStarts: parts(starts),
    plan: { ...DEFAULT_PLAN, learningRate: 2e-3 },
  };
}

/** The named sequences of the case with their documents, `batchSize` at a time, around again at the end. */
function batchesOf(run: Required<TuneCase>, part: Part, begin: number, count: number): Batch[] {
  const { batchSize } = run.plan;
  const all = run[part].length;
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, batch) => {
    const first = begin + batch * batchSize;
    const rows = Array.from({ length: Math.min(batchSize, count) }, (_row, index) => (first + index) % all);
    const take = (of: readonly Int32Array[]): Int32Array[] => rows.flatMap((row) => of[row] ?? []);
    return makeBatch(take(run[part]), take(run.documentStarts[part]));
  });
}

/** What `adept tune` does with these batches, as events of a run. */
async function tuneSeparate(model: Model, run: Required<TuneCase>): Promise<NewRunEvent[]> {
  const { learningRate, steps, updateEvery, batchSize, weightDecay, maxGradNorm } = run.plan;
  const added = addedLayers(run.layers);
  const trained = added.map(({ layer }) => layer);
  const probe = batchesOf(run, 'probe', 0, run.probe.length);
  const rates = new TensorRates(model.trained, learningRate);
  const events: NewRunEvent[] = [];
  const measure = async (step: number): Promise<void> => {
    const layers = step === 0 ? added.map(({ sourceLayer }) => sourceLayer) : trained;
    const measured = await unitImportance(model, probe, { layers, definition: 'released' }, SILENT_TASK);
    const ofSource = (layer: number): number =>
      added.find((pair) => pair.sourceLayer === layer)?.layer ?? layer;
    const own = measured.map((unit) => (step === 0 ? { ...unit, layer: ofSource(unit.layer) } : unit));
    const units: UnitRate[] = unitRates(own, learningRate, RATE_MAPPING);
    rates.setUnits(units);
    events.push({ type: 'importance', step, units, source: step === 0 ? 'source layers' : 'added layers' });
  };
  await measure(0);
  for (let step = 1; step <= steps; step++) {
    const batches = batchesOf(run, 'domain', (step - 1) * batchSize, batchSize);
    const { loss, gradNorm } = await model.step({
      ...{ batches, step, clipAt: maxGradNorm, weightDecay, reuse: true, ...ADAMW },
      ...rates.at(1),
    });
    events.push({ type: 'step', step, loss, gradNorm, learningRate, tokensPerSecond: NaN });
    if (step % updateEvery === 0) {
      await measure(step);
    }
  }
  const evaluated = batchesOf(run, 'evaluate', 0, run.evaluate.length);
  const domainLoss = await meanLoss(model, evaluated, SILENT_TASK, { reuse: true });
  events.push({ type: 'eval', step: steps, domainLoss, generalLoss: null, seconds: NaN });
  return events;
}

describe('tuning within the documents of packed sequences follows PyTorch step by step', () => {
  for (const engine of ENGINES) {
    it(
      `50 steps on a random model, importance every 10, ${engine.name}`,
      { skip: engine.skip },
      async (t) => {
        const folder = temporaryFolder(t);
        const run = packedCase();
        const start = await expanded(
          folder,
          writeRandomModel(join(folder, 'model'), 'llama'),
          run,
          engine.name,
        );
        const expected = await reference('tune', tuneRequest(start, run), 'tune-separate');
        const request: OpenRequest = {
          ...{ folder: start, trains: addedLayers(run.layers).map(({ layer }) => layer) },
          ...{ frozenWeights: 'float32', rows: 1 },
          cache: {
            ...{ folder, megabytes: 1000 },
            onProblem: (message) => {
              throw new Error(message);
            },
          },
        };
        const events = await closing(await openExecutor({ engine: engine.name }), (executor) =>
          withModel(executor, request, SILENT_TASK, (model) => tuneSeparate(model, run)),
        );
        const worst = checkRun(events, expected, run);
        t.diagnostic(
          `largest deviation: loss ${worst.loss.toExponential(1)}, gradient norm ${worst.gradNorm.toExponential(1)}, learning rate ${worst.learningRate.toExponential(1)}`,
        );
        const { events: joined } = await tuned(folder, start, run, engine.name);
        assert.throws(() => checkRun(joined, expected, run), /PyTorch/, 'joined is something else');
      },
    );
  }
});
