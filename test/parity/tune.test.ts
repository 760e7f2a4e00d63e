import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { sharedData } from '../support/sharedData';
import { temporaryFolder } from '../support/temporaryFolder';
import { asLists } from '../support/tokenRows';
import { ENGINES, type TestedEngine } from './engines';
import type { Result } from './jobs';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPES, type RecipeName } from './recipes';
import { liveReference, reference } from './reference';
import { checkRun, DEFAULT_PLAN, expanded, tuned, tuneRequest, type TuneCase } from './tuned';
import { idsOf, load } from '../support/corpora';

/** Sequences of 64 tokens: 40 to train on, so that 50 steps of 4 go round five times, and 8 others to probe with. */
function fiftySteps(sequences: readonly Int32Array[], layers: readonly number[]): TuneCase {
  return {
    layers,
    domain: sequences.slice(0, 40),
    probe: sequences.slice(40, 48),
    evaluate: sequences.slice(36, 44),
    plan: { ...DEFAULT_PLAN, learningRate: 2e-3 },
  };
}

/** Rows of unequal length in every batch, so that a mean of means would differ from the mean over targets. */
function unequalRows(name: RecipeName): Pick<TuneCase, 'domain' | 'probe' | 'evaluate'> {
  const lengths = Array.from({ length: 36 }, (_, index) => 4 + ((index * 17) % 41));
  const rows = randomSequences(5, lengths, RECIPES[name].config.vocab_size);
  return { domain: rows.slice(0, 22), probe: rows.slice(22, 31), evaluate: rows.slice(31) };
}

const SHORT_CASES: readonly {
  title: string;
  golden: string;
  name: RecipeName;
  layers: number[];
  plan: TuneCase['plan'];
}[] = [
  {
    title: 'accumulation, cosine with warm-up, decay, clipping',
    golden: 'tune-short',
    name: 'llamaBias',
    layers: [0, 2],
    plan: {
      ...DEFAULT_PLAN,
      ...{ steps: 14, updateEvery: 5, batchSize: 3, gradAccum: 2, learningRate: 4e-3 },
      ...{ warmup: 4, schedule: 'cosine', weightDecay: 4, maxGradNorm: 0.4 },
    },
  },
  {
    title: "linear, the paper's importance, no clipping, windows per layer",
    golden: 'tune-paper',
    name: 'qwen3',
    layers: [1, 2],
    plan: {
      ...DEFAULT_PLAN,
      ...{
        steps: 10,
        updateEvery: 3,
        learningRate: 4e-3,
        schedule: 'linear',
        maxGradNorm: 0,
        unitDefinition: 'paper',
      },
    },
  },
  {
    title: 'equal rates, constant after warm-up',
    golden: 'tune-equal',
    name: 'mistral',
    layers: [0, 1],
    plan: { ...DEFAULT_PLAN, steps: 8, learningRate: 4e-3, warmup: 3, unitRates: 'equal' },
  },
  {
    title: '--full, tied embeddings',
    golden: 'tune-full-tied',
    name: 'qwen2',
    layers: [],
    plan: { ...DEFAULT_PLAN, steps: 10, updateEvery: 4, gradAccum: 2, weightDecay: 2 },
  },
  {
    title: '--full, untied, half precision, equal rates',
    golden: 'tune-full-untied',
    name: 'llamaHalf',
    layers: [],
    plan: { ...DEFAULT_PLAN, steps: 10, schedule: 'cosine', warmup: 2, weightDecay: 2, unitRates: 'equal' },
  },
];

/** The loss has to move, or agreement would say little. */
function requireMovement({ losses }: Result<'tune'>): void {
  const [first = NaN] = losses;
  assert.ok(
    losses.some((loss) => Math.abs(loss / first - 1) > 0.03),
    `the losses hardly move: ${losses.join(' ')}`,
  );
}

async function checkTuning(
  t: TestContext,
  engine: TestedEngine,
  model: string,
  run: TuneCase,
  golden: string,
): Promise<void> {
  const folder = temporaryFolder(t);
  const start = await expanded(folder, model, run, engine.name);
  if (run.layers.length > 0) {
    const same = await liveReference('difference', { model, other: start, sequences: asLists(run.evaluate) });
    assert.ok(
      same === undefined || same.maxDifference === 0,
      'transformers, too, computes the same before training',
    );
  }
  const expected = await reference('tune', tuneRequest(start, run), golden);
  requireMovement(expected);
  const { events } = await tuned(folder, start, run, engine.name);
  const worst = checkRun(events, expected, run);
  t.diagnostic(
    `largest deviation: loss ${worst.loss.toExponential(1)}, gradient norm ${worst.gradNorm.toExponential(1)}, learning rate ${worst.learningRate.toExponential(1)}`,
  );
}

describe('tuning follows PyTorch step by step', () => {
  for (const engine of ENGINES) {
    it(`50 steps on stories260K, importance every 10, ${engine.name}`, { skip: engine.skip }, async (t) => {
      const model = sharedData(t, 'stories260K');
      const stories = sharedData(t, 'tinystories', 'stories.jsonl');
      if (model === undefined || stories === undefined) {
        return;
      }
      const request = { paths: [stories], folder: model, seqLen: 64, maxSequences: 48, vocabSize: 512 };
      const { sequences } = await load(request);
      await checkTuning(t, engine, model, fiftySteps(idsOf(sequences), [2, 3]), 'tune-stories260K');
    });

    it(
      `50 steps on a random model, importance every 10, ${engine.name}`,
      { skip: engine.skip },
      async (t) => {
        const model = writeRandomModel(join(temporaryFolder(t), 'model'), 'llama');
        const sequences = randomSequences(
          4,
          Array.from({ length: 48 }, () => 64),
          RECIPES.llama.config.vocab_size,
        );
        await checkTuning(t, engine, model, fiftySteps(sequences, [1, 2]), 'tune-llama');
      },
    );

    for (const { title, golden, name, layers, plan } of SHORT_CASES) {
      it(`${title}: ${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const model = writeRandomModel(join(temporaryFolder(t), 'model'), name);
        await checkTuning(t, engine, model, { layers, plan, ...unequalRows(name) }, golden);
      });
    }
  }
});
