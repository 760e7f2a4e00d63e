import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import type { FusedKernels } from '../../../src/trainer/tfjs/engine/fusedKernels';
import { inspectNativeInstall } from '../../../src/node/engines/nativeInstall';
import { blockForward } from '../../../src/trainer/tfjs/model/block';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { lossGradients } from '../../../src/trainer/tfjs/model/gradients';
import { targetsOf } from '../../../src/trainer/data/sequences/targets';
import { rmsNormBackward } from '../../../src/trainer/tfjs/model/primitives';
import { eachTensor } from '../../../src/trainer/tfjs/model/weights';
import { assertAllClose } from '../../support/allclose';
import { callsOf } from '../../support/engineCalls';
import { adeptResult, runAdept } from '../../support/command';
import { projectRoot } from '../../support/projectRoot';
import { seededRandom } from '../../../src/shared/common/random';
import { writeShapedModel, type ModelShape } from '../../support/shapedModel';
import { openFusedEngine } from '../../support/fusedEngine';
import { temporaryFolder } from '../../support/temporaryFolder';

const { install } = inspectNativeInstall();
const skip =
  install === undefined || process.env.ADEPT_TEST_ENGINES === 'wasm'
    ? 'the native engine is not tested here'
    : false;

const base = { vocab: 97, hidden: 64, mlp: 100, layers: 2, heads: 4, keyValueHeads: 2, tied: true };
const windowed = (window: number): Partial<ModelShape> => ({
  family: 'mistral',
  more: { sliding_window: window },
});

/** Between them: head sizes and lengths that are no multiples of vectors, tiles and blocks, and one position alone. */
const CASES: Readonly<Record<string, { shape: ModelShape; lengths: readonly number[] }>> = {
  'grouped queries': { shape: base, lengths: [50, 50] },
  'unequal sequences': { shape: base, lengths: [7, 31, 2] },
  'sizes that fill no vector': {
    shape: { ...base, hidden: 54, mlp: 61, heads: 3, keyValueHeads: 1 },
    lengths: [49, 48],
  },
  'head norms': { shape: { ...base, family: 'qwen3', tied: false }, lengths: [33, 20] },
  biases: { shape: { ...base, family: 'qwen2' }, lengths: [20, 20] },
  'wide heads over several blocks': {
    shape: { ...base, hidden: 160, heads: 2, keyValueHeads: 2 },
    lengths: [150],
  },
  'a window shorter than a block': { shape: { ...base, ...windowed(5) }, lengths: [130, 97] },
  'a window of one': { shape: { ...base, ...windowed(1) }, lengths: [60] },
  'a window over blocks': { shape: { ...base, ...windowed(70) }, lengths: [200] },
  'composed in two query blocks': { shape: { ...base, layers: 1 }, lengths: [600] },
  'composed in query blocks with a window': {
    shape: { ...base, layers: 1, ...windowed(300) },
    lengths: [1100],
  },
  'two tokens': { shape: base, lengths: [2] },
};

function randomBatch(lengths: readonly number[], vocab: number): Batch {
  const random = seededRandom(3);
  return makeBatch(lengths.map((length) => Int32Array.from({ length }, () => Math.floor(random() * vocab))));
}

/** Losses, and the gradients of every tensor by name. */
function pass(engine: Engine, folder: string, batch: Batch): Map<string, Float32Array> {
  const model = CausalLM.load(engine, folder);
  const found = new Map<string, Float32Array>();
  const tensors = engine.tensorCount();
  const losses = lossGradients(model, batch, {
    scale: 1 / targetsOf(batch).rows.length,
    lowestLayer: 0,
    wants: () => true,
    onLayer: (layer, gradients) => {
      for (const { unit, part, tensor } of eachTensor(gradients)) {
        found.set(`${layer}.${unit}.${part}`, engine.read(tensor));
      }
    },
    onOuter: ({ embedding, norm }) => {
      found.set('embedding', engine.read(embedding));
      found.set('norm', engine.read(norm));
    },
  });
  found.set('losses', losses);
  found.set('losses alone', model.losses(batch));
  assert.ok(
    engine.tensorCount() - tensors <= 8,
    'rope tables and masks of one length stay, and nothing else',
  );
  model.dispose();
  return found;
}

/** Calls of the library in a layer's forward pass, and in the backward pass of a frozen one. */
function operations(engine: Engine, folder: string): [number, number] {
  const model = CausalLM.load(engine, folder);
  const batch = randomBatch([20], base.vocab);
  const { calls } = callsOf(engine);
  const [block] = model.blocks;
  assert.ok(block);
  const context = model.context(batch);
  const states = engine.keep(model.embed(batch));
  const forward = calls(() => blockForward(context, block, states));
  const back = (lowestLayer: number): number =>
    calls(() =>
      lossGradients(model, batch, { scale: 1, lowestLayer, wants: () => false, onLayer: () => undefined }),
    );
  const backward = back(0) - back(1);
  mock.restoreAll();
  engine.dispose(states);
  model.dispose();
  return [forward, backward];
}

describe('fused kernels', { skip }, () => {
  let engine: Engine;
  let fused: FusedKernels;
  let composed: Engine;

  before(async () => {
    ({ engine, fused, composed } = await openFusedEngine());
  });
  after(() => {
    engine.close();
  });

  for (const [name, { shape, lengths }] of Object.entries(CASES)) {
    it(`give the losses and gradients of the composed operations: ${name}`, (t) => {
      const folder = temporaryFolder(t);
      writeShapedModel(folder, shape);
      const batch = randomBatch(lengths, shape.vocab);
      const [expected, found] = [pass(composed, folder, batch), pass(engine, folder, batch)];
      assert.deepEqual([...found.keys()], [...expected.keys()]);
      for (const [part, values] of expected) {
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const difference = values.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - (found.get(part)?.[at] ?? NaN))),
          0,
        );
        // What cancels out to nothing but rounding, as queries' gradients where one key is seen, has no relative error.
        assert.ok(
          difference <= 2e-5 * largest + 1e-7 && values.every(Number.isFinite),
          `${part}: off by ${difference} of ${largest}`,
        );
      }
    });
  }

  it('make as many operations of a layer as docs/performance.md says', (t) => {
    const page = readFileSync(join(projectRoot, 'docs/performance.md'), 'utf8');
    const [, ...said] =
      /A layer is (\d+) operations forward and (\d+) back [^]*? instead of\s+(\d+) and (\d+)/.exec(page) ??
      [];
    const folder = writeShapedModel(temporaryFolder(t), base);
    const counted = [engine, composed].flatMap((by) => operations(by, folder));
    assert.deepEqual(counted, said.map(Number));
  });

  it('are named by adept engine', async () => {
    const description = await adeptResult(['engine', '--engine', 'native']);
    assert.equal(description.kernels, 'fused');
    const { stdout } = await runAdept(['engine', '--engine', 'native'], {
      env: { ADEPT_FUSED_KERNELS: '0' },
    });
    assert.match(stdout, /kernels\s+composed \(ADEPT_FUSED_KERNELS is 0\)/);
  });

  const vector = (size: number, seed = 1): Float32Array => {
    const random = seededRandom(seed);
    return Float32Array.from({ length: size }, () => random() * 2 - 1);
  };
  const tensor = (size: number, seed?: number): Tensor => engine.tensor(vector(size, seed), [size]);

  it('sum products in double precision, absolute or not', () => {
    const size = 100_003;
    const [a, b] = [vector(size, 1), vector(size, 2)];
    const exact = (of: (product: number) => number): number =>
      a.reduce((total, value, at) => total + of(value * (b[at] ?? NaN)), 0);
    engine.tidy(() => {
      const dot = (absolute: boolean): Float32Array =>
        engine.read(fused.dot(engine.tensor(a, [size]), engine.tensor(b, [size]), absolute));
      assertAllClose(dot(false), [exact((product) => product)], 1e-5, 'Σ');
      assertAllClose(dot(true), [exact(Math.abs)], 1e-6, 'Σ||');
    });
  });

  it('add the residual and several gradients to that of a norm', () => {
    engine.tidy(() => {
      const shaped = (seed: number): Tensor => engine.tensor(vector(5 * 11, seed), [5, 11]);
      const request = {
        input: shaped(1),
        weight: tensor(11, 2),
        epsilon: 1e-5,
        gradients: [shaped(3), shaped(4), shaped(5)],
        residual: shaped(6),
        wantWeight: true,
      };
      const [expected, found] = [rmsNormBackward(composed, request), rmsNormBackward(engine, request)];
      assertAllClose(engine.read(found.input), engine.read(expected.input), 1e-5, 'input');
      assert.ok(found.weight && expected.weight);
      assertAllClose(engine.read(found.weight), engine.read(expected.weight), 1e-5, 'weight');
    });
  });

  it('keep what is not a number, so that a diverged run is seen', () => {
    engine.tidy(() => {
      const broken = engine.tensor(Float32Array.of(1, NaN, 2, 3), [1, 4]);
      const whole = engine.tensor(Float32Array.of(1, 2, 3, 4), [1, 4]);
      const first = (result: Tensor): number => engine.read(result)[1] ?? 0;
      assert.ok(Number.isNaN(first(fused.swiGlu(broken, whole))));
      assert.ok(Number.isNaN(first(fused.rmsNorm(broken, tensor(4), 1e-5))));
      const [loss = 0] = engine.read(
        engine.crossEntropyLosses(broken, engine.indices(Int32Array.of(2), [1])),
      );
      assert.ok(Number.isNaN(loss));
    });
  });

  it('refuse documents that begin where no document can', () => {
    engine.tidy(() => {
      const rows = (width: number): Tensor => engine.tensor(vector(6 * width), [6, width]);
      const table = engine.tensor(vector(3 * 4), [1, 3, 4]);
      const rope = { cosines: table, signedSines: table };
      const attend = (starts: readonly number[]): unknown =>
        fused.attention(
          { queries: rows(8), keys: rows(4), values: rows(4) },
          {
            ...{ heads: 2, kvHeads: 1, queryRope: rope, keyRope: rope, window: undefined },
            documentStarts: engine.indices(Int32Array.from(starts), [starts.length]),
          },
        );
      attend([0, 0, 2, 0, 1, 1]);
      assert.throws(() => attend([0, 0, 0]), /document starts has 3 elements, not 6/);
      assert.throws(() => attend([0, 1, 0, 0, 0, 0]), /the document of position 2 cannot begin at 0/);
      assert.throws(() => attend([0, 0, 0, 1, 1, 1]), /the document of position 0 cannot begin at 1/);
      assert.throws(() => attend([0, 0, -1, 0, 0, 0]), /the document of position 2 cannot begin at -1/);
    });
  });

  it('refuse tensors that do not fit together, and targets outside of the vocabulary', () => {
    engine.tidy(() => {
      assert.throws(() => fused.add(tensor(4), tensor(5)), /b has 5 elements, not 4/);
      assert.throws(() => fused.rmsNorm(tensor(4), tensor(3), 1e-5), /weight has 3 elements, not 4/);
      const logits = engine.tensor(vector(8), [2, 4]);
      assert.throws(
        () => engine.crossEntropyLosses(logits, engine.indices(Int32Array.of(0, 4), [2])),
        /target 4 lies outside of 4 classes/,
      );
    });
  });
});
