import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { estimate, speedFrom, type KnownPrice } from '../../../src/shared/estimate/estimate';
import { plannedFrozenDtype, type FrozenPlan } from '../../../src/shared/estimate/frozenDtype';
import { processMemory, tensorMemory } from '../../../src/shared/estimate/memory';
import { plannedEngine, plannedModel, type PricedPlan } from '../../../src/shared/estimate/plan';
import { analysisWork, flopsOf, stepWork } from '../../../src/shared/estimate/work';
import type { ImportanceFile } from '../../../src/shared/method/importance';
import { parameterCount, parametersPerLayer } from '../../../src/shared/model/architecture';
import { expandModel } from '../../../src/trainer/method/expansion';
import { TensorStore } from '../../../src/trainer/safetensors/safetensors';
import { readModelConfig } from '../../../src/node/model/modelConfig';
import { SILENT_TASK } from '../../../src/trainer/task';
import { writeRandomModel } from '../../parity/randomModel';
import { RECIPE_NAMES } from '../../parity/recipes';
import { configOfShape, type ModelShape } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';

const SHAPE = { vocab: 512, hidden: 64, mlp: 160, layers: 6, heads: 4, keyValueHeads: 2, tied: true };
const TUNE = { batchSize: 4, seqLen: 64, gradAccum: 1, full: false };
const SPEED = { flopsPerSecond: 1e9 };

function planOf(
  shape: ModelShape,
  expanded: readonly number[],
  changes: Partial<PricedPlan> = {},
): PricedPlan {
  return { config: configOfShape(shape), expanded, tune: TUNE, engine: 'native', speed: SPEED, ...changes };
}

function priceOf(expanded: readonly number[], changes: Partial<PricedPlan> = {}): KnownPrice {
  return estimate(planOf(SHAPE, expanded, changes));
}

describe('parameters of a plan', () => {
  for (const name of RECIPE_NAMES) {
    it(`${name}: are those of the checkpoint that the expansion writes`, async (t) => {
      const folder = temporaryFolder(t);
      const original = writeRandomModel(join(folder, 'original'), name);
      const expanded = join(folder, 'expanded');
      const manifest = await expandModel({ model: original, out: expanded, layers: [0, 1] }, SILENT_TASK);
      const config = readModelConfig(original);
      const price = estimate({ config, expanded: [0, 1], tune: TUNE, engine: 'wasm' });
      const added = manifest.added.map(({ layer }) => `model.layers.${layer}.`);
      const inAdded = stored(expanded, (tensor) => added.some((prefix) => tensor.startsWith(prefix)));
      assert.equal(price.parametersAdded, inAdded);
      assert.equal(price.parametersTrained, inAdded);
      assert.equal(price.trainableShare, inAdded / stored(expanded, () => true));
    });
  }

  it('are counted by the architecture table, tied embeddings once', () => {
    for (const tied of [true, false]) {
      const config = configOfShape({ ...SHAPE, tied });
      const full = estimate({ config, expanded: [], tune: { ...TUNE, full: true }, engine: 'native' });
      assert.equal(full.parametersTrained, parameterCount(config));
      assert.equal(full.trainableShare, 1);
      assert.equal(full.parametersAdded, 0);
      const both = estimate({ config, expanded: [2, 4], tune: { ...TUNE, full: true }, engine: 'native' });
      assert.equal(both.parametersAdded, 2 * parametersPerLayer(config));
      assert.equal(both.parametersTrained, parameterCount(config) + both.parametersAdded);
    }
    const embedding = SHAPE.vocab * SHAPE.hidden;
    const [tied, untied] = [true, false].map((one) => parameterCount(configOfShape({ ...SHAPE, tied: one })));
    assert.equal((untied ?? 0) - (tied ?? 0), embedding);
  });

  it('put each copy directly above its source, whatever order they are named in', () => {
    const { layers, trained, probed } = plannedModel(planOf(SHAPE, [4, 1, 4]));
    assert.equal(layers, 8);
    assert.deepEqual(trained, [2, 6]);
    assert.deepEqual(probed, [1, 5]);
  });

  it('are none where no layer is chosen: nothing is trained, so a step takes no time that could be told', () => {
    const price = priceOf([]);
    assert.deepEqual(
      [price.parametersAdded, price.parametersTrained, price.trainableShare, price.inferenceFactor],
      [0, 0, 0, 1],
    );
    assert.equal(price.secondsPerStep, undefined);
    assert.ok(price.memoryBytes >= 4 * parameterCount(configOfShape(SHAPE)));
  });
});

/** Values in the folder's tensors of these names. */
function stored(folder: string, wanted: (name: string) => boolean): number {
  const store = TensorStore.open(folder);
  try {
    return [...store.entries.values()]
      .filter(({ name }) => wanted(name))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  } finally {
    store.close();
  }
}

describe('a plan costs more', () => {
  const grows = (what: string, less: KnownPrice, more: KnownPrice): void => {
    it(what, () => {
      assert.ok(more.memoryBytes > less.memoryBytes, `memory ${less.memoryBytes} → ${more.memoryBytes}`);
      assert.ok(less.secondsPerStep !== undefined && more.secondsPerStep !== undefined);
      assert.ok(
        more.secondsPerStep > less.secondsPerStep,
        `${less.secondsPerStep} → ${more.secondsPerStep} s`,
      );
    });
  };
  grows('with every layer that is added', priceOf([5]), priceOf([4, 5]));
  for (const lowest of [5, 4, 3, 2, 1]) {
    grows(
      `with layer ${lowest - 1} instead of ${lowest} as the lowest`,
      priceOf([lowest]),
      priceOf([lowest - 1]),
    );
  }
  grows('with more sequences', priceOf([3]), priceOf([3], { tune: { ...TUNE, batchSize: 5 } }));
  grows('with longer sequences', priceOf([3]), priceOf([3], { tune: { ...TUNE, seqLen: 65 } }));
  const all = [0, 1, 2, 3, 4, 5];
  grows('with passes that add up', priceOf(all), priceOf(all, { tune: { ...TUNE, gradAccum: 2 } }));
  grows('where everything is trained', priceOf([5]), priceOf([5], { tune: { ...TUNE, full: true } }));
  grows(
    'with a projection of its own',
    priceOf([], { tune: { ...TUNE, full: true } }),
    estimate(planOf({ ...SHAPE, tied: false }, [], { tune: { ...TUNE, full: true } })),
  );
  grows('with norms of every head', priceOf([3]), estimate(planOf({ ...SHAPE, family: 'qwen3' }, [3])));
});

/** Two layers of 120 matrix weights and 8 norm weights each, one key head for two query heads. */
const HAND = { vocab: 10, hidden: 4, mlp: 6, layers: 2, heads: 2, keyValueHeads: 1, tied: false };
const HAND_TUNE = { batchSize: 1, seqLen: 3, gradAccum: 1, full: false };

function handPlan(
  expanded: readonly number[],
  shape: Partial<ModelShape> = {},
  tune: Partial<PricedPlan['tune']> = {},
): PricedPlan {
  return planOf({ ...HAND, ...shape }, expanded, { tune: { ...HAND_TUNE, ...tune } });
}

/** Of 3 positions: [n, D] and queries are 12 values, keys 6, the MLP 18, attention weights 2 heads · 3². */
describe('memory of a model worked out by hand', () => {
  const working = (plan: PricedPlan): number => tensorMemory(plan).working / 4;
  const saved = 2 * 12 + 2 * 12 + 2 * 6 + 2 * 18;
  // The most is alive at the last of its weights' gradients.
  const trained = 3 * 12 + 12 + 2 * 6 + 128;
  const composed = (plan: PricedPlan): PricedPlan => ({ ...plan, engine: 'composed' });

  it('holds weights, moments, rope tables, and a mask where attention is composed', () => {
    const { weights, moments, tables } = tensorMemory(handPlan([1]));
    assert.equal(weights, 4 * (2 * 40 + 4 + 3 * 128));
    assert.equal(moments, 4 * 2 * 128);
    assert.equal(tables, 4 * (4 * 3 * 2));
    assert.equal(tensorMemory(composed(handPlan([1]))).tables, 4 * (4 * 3 * 2 + 9));
  });

  it('holds matrices of frozen layers in half, and upcasts one of them at a time', () => {
    const packed = (plan: PricedPlan): PricedPlan => ({ ...plan, frozen: 'bfloat16' });
    const { weights } = tensorMemory(packed(handPlan([1])));
    assert.equal(weights, 4 * (2 * 40 + 4 + 3 * 128) - 2 * (2 * 120));
    const full = handPlan([], {}, { full: true });
    assert.equal(tensorMemory(packed(full)).weights, tensorMemory(full).weights);
    // Where a frozen layer lies above the lowest copy its backward pass can be the peak.
    const wide = handPlan([0], { mlp: 600 });
    assert.equal(working(packed(wide)) - working(wide), 4 * 600);
  });

  it('keeps attention weights where it is composed, of short sequences alone', () => {
    const most = (seqLen: number): number => working(composed(handPlan([1], {}, { seqLen })));
    // Saved once, and four more in the backward pass: of 512 queries each.
    const perKey = (most(512) - most(511)) / 512;
    assert.ok(perKey > 5 * 2 && most(2048) < 3.6 * most(1024), `${perKey}, ${most(2048) / most(1024)}`);
    const fused = (seqLen: number): number => working(handPlan([1], {}, { seqLen }));
    assert.ok(fused(4096) < 4.01 * fused(1024));
  });

  it('has one mask for each length that windows have', () => {
    const windows = { sliding_window: 2, use_sliding_window: true, max_window_layers: 1 };
    const { tables } = tensorMemory(composed(handPlan([1], { family: 'qwen2', more: windows })));
    assert.equal(tables, 4 * (4 * 3 * 2 + 2 * 9));
  });

  it('keeps activations from the lowest trained layer up, and the embeddings where that is not the first', () => {
    // The copy on top: its own activations, embeddings, the gradient that comes in, and what its backward pass makes.
    assert.equal(working(handPlan([1])), 12 + saved + 2 * 12 + trained);
    // Copies 1 and 3 of four layers: the top one's backward pass, with three layers' activations.
    assert.equal(working(handPlan([0, 1])), 12 + 3 * saved + 2 * 12 + trained);
  });

  it('keeps the gradients of earlier passes', () => {
    assert.equal(working(handPlan([1], {}, { gradAccum: 2 })), 128 + 12 + saved + 2 * 12 + trained);
  });

  it('is decided by logits where the vocabulary is large, and most in the probe, which reaches a layer lower', () => {
    const around = 12 + 2 * saved + 12 + 2 * 4;
    const plan = handPlan([1], { vocab: 1000 });
    assert.equal(working(plan), around + 2 * 4 * 4 + 2 * 1000);
    const weights = 2 * 18;
    assert.equal(working(composed(plan)), around + weights + 2 * 4 * 12 + 2 * 2 * 1000);
    assert.equal(working({ ...plan, engine: 'wasm' }), around + weights + 2 * 4 * 12 + 5 * 2 * 1000);
  });

  it('is decided by the update of the largest tensor where everything is trained', () => {
    const parameters = 2 * 4000 + 4 + 2 * 128;
    const plan = handPlan([], { vocab: 1000 }, { full: true });
    assert.equal(working(composed(plan)), parameters + 15 * 4000);
  });

  it('adds what the process holds beside tensors', () => {
    const plan = handPlan([1]);
    const { weights, moments, tables, working: most } = tensorMemory(plan);
    assert.ok(processMemory(plan) > weights + moments + tables + most + 300e6);
  });
});

describe('work of a model worked out by hand', () => {
  const projections = 2 * 3 * 120;
  const attention = 2 * 2 * 3 ** 2 * 2;
  const forward = projections + 2 * attention;
  const input = projections + 4 * attention;
  const head = 2 * 2 * 10 * 4;

  it('is forward through everything, and back to the lowest copy', () => {
    assert.deepEqual(stepWork(handPlan([1])), {
      matMul: 3 * forward + 2 * head + input + projections,
      elementwise: 3 * (4 * 12 + 12 + 18 + 18) + (4 * 12 + 2 * 12 + 2 * 6 + 2 * 18 + 2 * 18) + (2 * 12 + 18),
      logits: 2 * 10,
      updated: 128,
    });
  });

  it('passes through frozen layers above the lowest copy without their weight gradients', () => {
    const { matMul } = stepWork(handPlan([0])) ?? { matMul: NaN };
    assert.equal(matMul, 3 * forward + 2 * head + 2 * input + projections);
  });

  it('is everything, as often as passes add up, where all is trained', () => {
    const { matMul, updated } = stepWork(handPlan([], {}, { full: true, gradAccum: 2 })) ?? {
      matMul: NaN,
      updated: NaN,
    };
    assert.equal(matMul, 2 * (2 * forward + 3 * head + 2 * input + 2 * projections));
    assert.equal(updated, 2 * 40 + 4 + 2 * 128);
  });

  it('of an analysis is half of L² layers and L + 1 heads, or one pass, and a pass for the units', () => {
    const size = { batch: 1, length: 3 };
    const units = 2 * forward + 2 * head + 2 * input + 2 * projections;
    const { config } = handPlan([]);
    assert.equal(analysisWork(config, size, 'exact', 'native').matMul, 3 * forward + 3 * head + units);
    assert.equal(analysisWork(config, size, 'fast', 'native').matMul, 2 * forward + head + units);
  });

  it('grows with the square of the sequence length by attention alone', () => {
    const step = (seqLen: number): number => stepWork(handPlan([1], {}, { seqLen }))?.matMul ?? NaN;
    // Forward through three layers has 2 products of T², back through one has 4; the head has no last position.
    const square = (3 * 2 + 4) * 2 * 2 * 2;
    const linear = 2 * 120 * 5 + 2 * 2 * 10 * 4;
    assert.equal(step(64), square * 64 ** 2 + linear * 64 - 2 * 2 * 10 * 4);
  });
});

describe('inference factor', () => {
  const factor = (shape: ModelShape, expanded: readonly number[]): number =>
    estimate(planOf(shape, expanded)).inferenceFactor;

  it('is (L + k)/L of the layers, and the head stays as it is', () => {
    const shape = { ...HAND, vocab: 10 };
    const layer = 2 * 64 * 120 + 2 * 2 * 2 * 64 ** 2 * 2;
    const head = 2 * 63 * 10 * 4;
    assert.equal(factor(shape, [1]), (3 * layer + head) / (2 * layer + head));
  });

  it('approaches (L + k)/L as the vocabulary shrinks, and 1 as it grows', () => {
    const small = factor({ ...SHAPE, vocab: 1 }, [2, 4]);
    const large = factor({ ...SHAPE, vocab: 1_000_000 }, [2, 4]);
    assert.ok(Math.abs(small - 8 / 6) < 1e-3, String(small));
    assert.ok(large > 1 && large < 1.01, String(large));
  });

  it('is 1 where nothing is added', () => {
    assert.equal(factor(SHAPE, []), 1);
  });
});

describe('speed of an analysis', () => {
  const config = configOfShape(SHAPE);
  const importance = (changes: Partial<ImportanceFile> = {}): ImportanceFile => ({
    format: 'adept.importance/1',
    mode: 'exact',
    model: { path: '/model', family: 'llama', layers: 6, parameters: parameterCount(config) },
    probe: { sources: [], sequences: 8, tokens: 512, seqLen: 64, batchSize: 4 },
    baseLoss: 6,
    layers: Array.from({ length: 6 }, (_, index) => ({ index, importance: index })),
    unitDefinition: 'released',
    units: [],
    timing: { layersSeconds: 3, unitsSeconds: 1 },
    engine: { engine: 'native', kernels: 'fused' },
    ...changes,
  });

  it('is what stage 1 computed, by the time that it took', () => {
    const work = flopsOf(analysisWork(config, { batch: 8, length: 64 }, 'exact', 'native'), 'native');
    assert.deepEqual(speedFrom(importance(), config), { flopsPerSecond: work / 4, engine: 'native' });
    const fast = speedFrom(importance({ mode: 'fast' }), config);
    assert.ok(fast !== undefined && fast.flopsPerSecond < work / 4, 'less was computed in the same time');
  });

  it('takes half as long on a machine that is twice as fast', () => {
    const seconds = (timing: ImportanceFile['timing']): number =>
      priceOf([3], { speed: speedFrom(importance({ timing }), config) }).secondsPerStep ?? NaN;
    const slow = seconds({ layersSeconds: 3, unitsSeconds: 1 });
    assert.ok(Math.abs(seconds({ layersSeconds: 1.5, unitsSeconds: 0.5 }) / slow - 0.5) < 1e-12);
  });

  it('is unknown where the file does not tell, or speaks of another model or engine', () => {
    const unknown = [
      importance({ timing: { layersSeconds: 0, unitsSeconds: 0 } }),
      importance({ probe: { sources: [], sequences: 0, tokens: 0, seqLen: 64 } }),
      importance({ layers: [{ index: 0, importance: 1 }] }),
      importance({ engine: {} }),
      importance({ engine: { engine: 'another' } }),
    ];
    for (const file of unknown) {
      assert.equal(speedFrom(file, config), undefined);
    }
    assert.equal(priceOf([3], { speed: undefined }).secondsPerStep, undefined);
    const speed = speedFrom(importance({ engine: { engine: 'wasm' } }), config);
    assert.equal(priceOf([3], { speed }).secondsPerStep, undefined, 'measured on wasm, planned on native');
    assert.ok((priceOf([3], { speed, engine: 'wasm' }).secondsPerStep ?? 0) > 0);
    const composed = speedFrom(importance({ engine: { engine: 'native', kernels: 'composed (…)' } }), config);
    assert.equal(composed?.engine, 'composed');
    assert.equal(priceOf([3], { speed: composed }).secondsPerStep, undefined, 'planned with fused kernels');
  });
});

describe('a plan for an engine whose costs are not known', () => {
  it('has neither memory nor time, and is not taken for another engine’s', () => {
    const { parametersAdded, inferenceFactor } = priceOf([1, 3]);
    const price = estimate({ ...planOf(SHAPE, [1, 3]), engine: 'torch' });
    assert.deepEqual([price.memoryBytes, price.secondsPerStep], [undefined, undefined]);
    assert.deepEqual([price.parametersAdded, price.inferenceFactor], [parametersAdded, inferenceFactor]);
    assert.equal(plannedEngine({ engine: 'torch' }), 'torch');
  });
});

describe('how matrices of frozen layers will lie in memory', () => {
  const analyzed = {
    ...{ engine: 'native', kernels: 'fused' },
    frozenWeights: 'bfloat16 (a product with upcasting takes 1.00 times as long)',
  };
  const base: FrozenPlan = { engine: 'native', choice: 'auto', inBfloat16: true, analyzed };

  it('is what was asked for, or what the analysis measured, where engine and files can do so', () => {
    assert.equal(plannedFrozenDtype(base), 'bfloat16');
    assert.equal(plannedFrozenDtype({ ...base, choice: 'bfloat16', analyzed: undefined }), 'bfloat16');
    const float32: Partial<FrozenPlan>[] = [
      { choice: 'float32' },
      { inBfloat16: false },
      { choice: 'bfloat16', inBfloat16: false },
      { choice: 'bfloat16', engine: 'wasm' },
      { choice: 'bfloat16', engine: 'torch' },
      { analyzed: undefined },
      { analyzed: { ...analyzed, frozenWeights: 'float32 (as asked)' } },
      { analyzed: { ...analyzed, kernels: 'composed (no compiler)' } },
    ];
    for (const change of float32) {
      assert.equal(plannedFrozenDtype({ ...base, ...change }), 'float32', JSON.stringify(change));
    }
  });
});
