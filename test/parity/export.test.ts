import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { readJson } from '../../src/node/files/jsonFile';
import { TextLosses } from '../../src/shared/run/losses';
import { narrowFloat32, TensorStore } from '../../src/trainer/safetensors/safetensors';
import { writeFrontMatter } from '../../src/trainer/jobs/card/frontMatter';
import { temporaryFolder } from '../support/temporaryFolder';
import { adeptResult } from '../support/command';
import { asLists } from '../support/tokenRows';
import { ENGINES, type EngineName } from './engines';
import { executorLogits } from './executorLogits';
import { randomSequences, writeRandomModel } from './randomModel';
import type { Recipe } from './recipe';
import { RECIPES, type RecipeName } from './recipes';
import { liveReference } from './reference';
import { addedLayers, DEFAULT_PLAN, expanded, tuned, type TrainerRun, type TuneCase } from './tuned';

const LOGITS = 1e-4;
/** Nats. */
const LOSS = 1e-4;

/** A few steps at a high rate, so that what was trained is far from where it began. */
function shortRun(name: RecipeName, layers: readonly number[]): TuneCase {
  const rows = randomSequences(
    6,
    Array.from({ length: 12 }, () => 32),
    RECIPES[name].config.vocab_size,
  );
  const plan = { ...DEFAULT_PLAN, steps: 5, learningRate: 0.02, updateEvery: 2, batchSize: 2 };
  return { layers, domain: rows.slice(0, 8), probe: rows.slice(8), evaluate: rows.slice(0, 3), plan };
}

interface Exported {
  readonly source: string;
  readonly folder: string;
  readonly run: TrainerRun;
  /** What the command says of the files. */
  readonly after: TextLosses;
}

/** As config.json and PyTorch call the types of files. */
const FLOAT_TYPES = { F32: 'float32', BF16: 'bfloat16', F16: 'float16' } as const;

/** Tunes and exports; the command's own counts are checked against the files. */
async function exported(
  t: TestContext,
  name: RecipeName,
  run: TuneCase,
  engine: EngineName,
): Promise<Exported> {
  const base = temporaryFolder(t);
  const source = writeRandomModel(join(base, 'model'), name);
  const trained = await tuned(base, await expanded(base, source, run, engine), run, engine);
  const folder = join(base, 'exported');
  const result = await adeptResult([
    ...['export', '--run', trained.run, '--out', folder, '--engine', engine],
  ]);
  assert.equal(result.step, run.plan.steps);
  assert.equal(result.dtype, FLOAT_TYPES[RECIPES[name].dtype]);
  return { source, folder, run: trained, after: v.parse(TextLosses, result.after) };
}

/** The tensor of the original model that a frozen tensor of the expanded one is; undefined in an added layer. */
function originalName(name: string, layers: readonly number[]): string | undefined {
  const [, digits, rest] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (digits === undefined || rest === undefined) {
    return name;
  }
  const layer = Number(digits);
  const added = addedLayers(layers).map((pair) => pair.layer);
  return added.includes(layer)
    ? undefined
    : `model.layers.${layer - added.filter((other) => other < layer).length}.${rest}`;
}

function sameBytes(a: TensorStore, name: string, b: TensorStore, other: string): boolean {
  const [left, right] = [a.entry(name), b.entry(other)];
  const alike = left.dtype === right.dtype && left.shape.join() === right.shape.join();
  return alike && Buffer.from(a.readBytes(name)).equals(b.readBytes(other));
}

/** A tensor of the checkpoint as the source's type holds it. */
function roundedBytes(delta: TensorStore, name: string, dtype: Recipe['dtype']): Uint8Array {
  return narrowFloat32(delta.readFloat32(name), dtype);
}

/** Frozen tensors are the source's bytes, trained ones the last checkpoint's, rounded; each tensor is one or the other. */
function checkTensors(
  { source, folder, run }: Exported,
  { layers, plan }: TuneCase,
  dtype: Recipe['dtype'],
): void {
  const original = TensorStore.open(source);
  const result = TensorStore.open(folder);
  const step = `step-${String(plan.steps).padStart(8, '0')}`;
  const delta = TensorStore.openFile(join(run.run, 'checkpoints', step, 'delta.safetensors'));
  try {
    const names = [...result.entries.keys()];
    let moved = 0;
    for (const name of names) {
      const from = layers.length === 0 ? undefined : originalName(name, layers);
      if (from === undefined) {
        assert.equal(result.entry(name).dtype, dtype, name);
        const rounded = roundedBytes(delta, name, dtype);
        assert.ok(Buffer.from(result.readBytes(name)).equals(rounded), `${name} is not the checkpoint's`);
        moved += 1;
      } else {
        assert.ok(
          sameBytes(result, name, original, from),
          `${name} is not ${from} of the source, byte for byte`,
        );
      }
    }
    assert.equal(moved, delta.entries.size, 'every trained tensor is exported');
    const perLayer = [...original.entries.keys()].filter((name) => name.startsWith('model.layers.0.')).length;
    assert.equal(names.length, original.entries.size + layers.length * perLayer);
  } finally {
    original.close();
    result.close();
    delta.close();
  }
}

/** The loss on the same rows: at the end of the run, of the exported folder, and as transformers computes it with dtype="auto". */
async function checkLoss(
  t: TestContext,
  { folder, run, after }: Exported,
  { evaluate }: TuneCase,
  { dtype }: Recipe,
  engine: EngineName,
): Promise<void> {
  const data = join(folder, '..', `evaluate-${engine}.jsonl`);
  const last = run.events.filter((event) => event.type === 'eval').at(-1)?.domainLoss ?? NaN;
  const first = run.events.find((event) => event.type === 'eval')?.domainLoss ?? NaN;
  assert.ok(Math.abs(last / first - 1) > 1e-3, `training moved the loss: ${first}, then ${last}`);
  const result = await adeptResult([
    ...['eval', '--model', folder, '--data', data, '--engine', engine, '--batch-size', 2],
  ]);
  assert.equal(result.sequences, evaluate.length);
  const loss = Number(result.loss);
  assert.ok(Math.abs(loss / (after.domainLoss ?? NaN) - 1) <= 1e-6, `${loss}, said ${after.domainLoss}`);
  if (dtype === 'F32') {
    assert.ok(Math.abs(loss / last - 1) <= 1e-6, `exported ${loss}, trained ${last}`);
  } else {
    assert.notEqual(after.domainLoss, last, 'rounding changes it');
  }
  const theirs = await liveReference('lossAsStored', { model: folder, sequences: asLists(evaluate) });
  if (theirs !== undefined) {
    assert.equal(theirs.dtype, FLOAT_TYPES[dtype]);
    assert.ok(Math.abs(theirs.loss - loss) <= LOSS, `${loss}, transformers ${theirs.loss}`);
    const apart = Math.abs(theirs.ownArithmetic - loss);
    t.diagnostic(`in the arithmetic of ${theirs.dtype} transformers is ${apart.toExponential(1)} nats apart`);
  }
}

/** The Hub's library reads the card of an export. */
async function checkCard(folder: string): Promise<void> {
  const read = await liveReference('card', { file: join(folder, 'README.md') });
  if (read !== undefined) {
    assert.equal(read.metadata.pipeline_tag, 'text-generation');
    assert.equal(read.metadata.base_model, 'model');
  }
}

const CASES: readonly { name: RecipeName; layers: number[] }[] = [
  { name: 'qwen3', layers: [1, 3] },
  { name: 'llamaBias', layers: [0, 1] },
  { name: 'llamaHalf', layers: [1] },
  { name: 'qwen2', layers: [] },
  { name: 'qwen3', layers: [] },
];

describe('the metadata of a model card', () => {
  it("is what the Hub's library reads, whatever is in it", async (t) => {
    const words = ['no', 'Yes', 'null', 'off', 'e5', '1e3', '0x1F', '2026-01-01', '~', '.5', 'a.b-c_d/e+f'];
    const signs = [
      'a: b',
      '- a',
      '#a',
      'a #b',
      '"a\\"',
      "it's",
      '[a]',
      '{a}',
      '*a',
      '&a',
      '!a',
      '%a',
      '@a',
      '`a`',
      '|',
      '>',
    ];
    const characters = [
      ' a ',
      '\t',
      '\r\n',
      '\u0000',
      '\u007f',
      '\u0085',
      '\u2028',
      '\ufeff',
      'é',
      '模型',
      '😀',
    ];
    const list = [...words, ...signs, ...characters];
    const fields = new Map<string, string | string[]>([
      ['license', 'a: "b"'],
      ['datasets', list],
    ]);
    const file = join(temporaryFolder(t), 'README.md');
    writeFileSync(file, `${writeFrontMatter(fields)}\n# A model\n`);
    const read = await liveReference('card', { file });
    if (read === undefined) {
      t.diagnostic('not read by the library of the Hub: Python is not at hand');
      return;
    }
    assert.deepEqual(read.metadata, { license: 'a: "b"', datasets: list });
  });
});

describe('an exported folder', () => {
  for (const engine of ENGINES) {
    for (const { name, layers } of CASES) {
      const how = layers.length === 0 ? '--full' : `added to ${layers.join(' and ')}`;
      it(`holds the trained model, ${name}, ${how}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const run = shortRun(name, layers);
        const result = await exported(t, name, run, engine.name);
        const recipe: Recipe = RECIPES[name];
        checkTensors(result, run, recipe.dtype);
        await checkLoss(t, result, run, recipe, engine.name);
        const config = v.parse(
          v.record(v.string(), v.unknown()),
          readJson(join(result.folder, 'config.json')),
        );
        assert.equal(config.num_hidden_layers, RECIPES[name].config.num_hidden_layers + layers.length);
        await checkCard(result.folder);
        const spelling = 'dtype' in recipe.config ? 'dtype' : 'torch_dtype';
        assert.equal(config[spelling], FLOAT_TYPES[recipe.dtype]);
        assert.equal(existsSync(join(result.folder, 'adept-manifest.json')), layers.length > 0);

        const request = { model: result.folder, sequences: asLists(run.evaluate), indices: [] };
        const theirs = await liveReference('logits', request);
        if (theirs?.all === undefined) {
          t.diagnostic(
            'not loaded in transformers: trained weights have no golden values, and Python is not at hand',
          );
          return;
        }
        const expected = new Float32Array(Uint8Array.from(Buffer.from(theirs.all, 'base64')).buffer);
        const ours = await executorLogits(engine.name, result.folder, run.evaluate);
        assert.equal(ours.length, expected.length);
        const worst = ours.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - (expected[at] ?? NaN))),
          0,
        );
        assert.ok(worst / theirs.largest <= LOGITS, `logits differ by ${worst / theirs.largest}`);
        t.diagnostic(`transformers' logits: relative error ${(worst / theirs.largest).toExponential(1)}`);
      });
    }
  }
});
