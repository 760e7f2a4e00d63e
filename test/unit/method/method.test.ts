import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImportanceFile } from '../../../src/shared/method/importance';
import { expandConfig } from '../../../src/trainer/method/expandConfig';
import { placeLayers } from '../../../src/trainer/method/expansion';
import { lowestLayers, namedLayers, uniformLayers } from '../../../src/shared/method/layerChoice';
import {
  ratesAt,
  unitRates,
  type RatedUnit,
  type RateMapping,
} from '../../../src/shared/method/learningRates';
import type { UnitRate } from '../../../src/shared/method/unitRate';
import { RATE_MAPPING } from '../../support/settings';
import { scheduleFactor } from '../../../src/trainer/method/schedule';
import { DataOrder } from '../../../src/trainer/data/sequences/order';
import { parseModelConfig } from '../../../src/shared/model/config';
import { expectInputError } from '../../support/expectInputError';

describe('learning rates', () => {
  const unit = (name: string, importance: number): RatedUnit => ({ layer: 0, name, importance });
  const factors = (
    units: readonly RatedUnit[],
    changes: Partial<RateMapping> = {},
    previous?: UnitRate[],
  ): number[] =>
    unitRates(units, 1, { ...RATE_MAPPING, ...changes }, previous).map(({ learningRate }) => learningRate);
  const [q, k, down] = ['self_attn.q_proj', 'self_attn.k_proj', 'mlp.down_proj'];
  const [first, second] = ['input_layernorm', 'post_attention_layernorm'];

  it('fall from 2·base at the least important unit to 0 at the most important one', () => {
    const rates = unitRates([unit(q, 1), unit(k, 3), unit(down, 2)], 1e-4, RATE_MAPPING);
    assert.deepEqual(
      rates.map(({ learningRate }) => learningRate),
      [2e-4, 0, 1e-4],
    );
    assert.deepEqual(
      rates.map(({ normalized }) => normalized),
      [0, 1, 0.5],
    );
  });

  it('are the base rate where all units measure alike, as on a fresh copy', () => {
    for (const unitRates of ['importance', 'rank', 'released'] as const) {
      assert.deepEqual(factors([unit(q, 0), unit(k, 0)], { unitRates }), [1, 1]);
    }
    assert.deepEqual(factors([unit(q, 7)], { unitRates: 'rank' }), [1]);
  });

  it('are all the base rate in LLaMA-Pro mode', () => {
    assert.deepEqual(factors([unit(q, 1), unit(k, 3)], { unitRates: 'equal' }), [1, 1]);
  });

  it('by rank do not care how far apart importances lie, and ties share a rank', () => {
    const units = [
      unit(q, 1),
      unit(k, 1000),
      unit(down, 2),
      unit('mlp.up_proj', 2),
      unit('mlp.gate_proj', 3),
    ];
    assert.deepEqual(factors(units, { unitRates: 'rank' }), [2, 0, 1.25, 1.25, 0.5]);
  });

  it('of the released code follow the first projection and the first norm', () => {
    const units = [unit(first, 3), unit(q, 1), unit(k, 2), unit(second, 0), unit(down, 4)];
    assert.deepEqual(factors(units, { unitRates: 'released' }), [0.5, 1.5, 1.5, 0.5, 1.5]);
  });

  it('compare norms with norms alone where asked to', () => {
    const units = [unit(first, 100), unit(q, 1), unit(k, 3), unit(second, 300), unit(down, 2)];
    assert.deepEqual(factors(units, { normRange: 'own' }), [2, 2, 0, 0, 1]);
    assert.ok(factors(units).filter((factor) => factor > 1.98).length === 3, 'else norms decide the range');
  });

  it('keep between floor and cap', () => {
    const units = [unit(q, 0), unit(k, 4), unit(down, 2)];
    assert.deepEqual(factors(units, { rateFloor: 0.1, rateCap: 1.5 }), [1.5, 0.1, 1]);
  });

  it('remember what importance was, as much as they are told to', () => {
    const before = unitRates([unit(q, 0), unit(k, 1)], 1, RATE_MAPPING);
    const turned = [unit(q, 1), unit(k, 0)];
    assert.deepEqual(factors(turned, { rateSmoothing: 0.75 }, before), [1.5, 0.5]);
    assert.deepEqual(factors(turned, { rateSmoothing: 1 }, before), [2, 0]);
    assert.deepEqual(factors(turned, { rateSmoothing: 0 }, before), [0, 2]);
    assert.deepEqual(
      factors(turned, { rateSmoothing: 0.75 }),
      [0, 2],
      'there is nothing to remember at the start',
    );
  });

  it('follow another base rate, also of a run that recorded no normalised importance', () => {
    const units = [unit(q, 1), unit(k, 3), unit(down, 2)];
    const recorded = unitRates(units, 1, { ...RATE_MAPPING, unitRates: 'rank' });
    const old = recorded.map(({ layer, name, importance, learningRate }) => ({
      layer,
      name,
      importance,
      learningRate,
    }));
    for (const known of [recorded, old]) {
      assert.deepEqual(
        ratesAt(known, 0.5, RATE_MAPPING).map(({ learningRate }) => learningRate),
        [1, 0, 0.5],
      );
    }
  });
});

describe('schedules, as transformers has them', () => {
  it('warm up from 0', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((step) => scheduleFactor('constant', step, 4, 10)),
      [0, 0.25, 0.5, 0.75, 1],
    );
  });

  it('fall to 0 by a line or half a cosine', () => {
    assert.equal(scheduleFactor('linear', 6, 2, 10), 0.5);
    assert.equal(scheduleFactor('linear', 10, 2, 10), 0);
    assert.ok(Math.abs(scheduleFactor('cosine', 6, 2, 10) - 0.5) < 1e-12);
    assert.ok(Math.abs(scheduleFactor('cosine', 4, 2, 10) - 0.5 * (1 + Math.SQRT1_2)) < 1e-12);
    assert.equal(scheduleFactor('constant', 9, 2, 10), 1);
  });
});

describe('layer choice', () => {
  const importance = (values: number[]): ImportanceFile => ({
    format: 'adept.importance/1',
    mode: 'exact',
    model: { path: 'm', family: 'llama', layers: values.length, parameters: 1 },
    probe: { sources: [], sequences: 1, tokens: 1, seqLen: 1 },
    baseLoss: 1,
    layers: values.map((value, index) => ({ index, importance: value })),
    unitDefinition: 'released',
    units: [],
    timing: { layersSeconds: 0, unitsSeconds: 0 },
    engine: {},
  });

  it('takes the k of lowest importance, in layer order, and of equals the deeper one', () => {
    assert.deepEqual(lowestLayers(importance([3, 0.5, -0.1, 0.5, 2]), 2, 5, 'i'), [2, 3]);
    assert.deepEqual(lowestLayers(importance([3, 0.5, -0.1, 0.5, 2]), 3, 5, 'i'), [1, 2, 3]);
  });

  it('places uniform layers at the end of equal groups, as LLaMA-Pro', () => {
    assert.deepEqual(uniformLayers(8, 32), [3, 7, 11, 15, 19, 23, 27, 31]);
    assert.deepEqual(uniformLayers(2, 5), [1, 4]);
    assert.deepEqual(uniformLayers(3, 3), [0, 1, 2]);
  });

  it('refuses what the model does not have', () => {
    expectInputError(() => lowestLayers(importance([1, 2]), 3, 2, 'i'), '--lowest', '3', '2');
    expectInputError(() => lowestLayers(importance([1, 2]), 1, 5, 'other.json'), 'other.json', '5');
    expectInputError(() => uniformLayers(0, 4), '--uniform');
    expectInputError(() => namedLayers([1, 4], 4), 'layer 4', '0 to 3');
    expectInputError(() => namedLayers([1, 2, 1], 4), 'layer 1', 'twice');
    expectInputError(() => namedLayers([], 4), '--layers');
    assert.deepEqual(namedLayers([3, 0], 4), [0, 3]);
  });
});

describe('the expanded config.json', () => {
  const base = {
    model_type: 'qwen2',
    vocab_size: 8,
    hidden_size: 8,
    intermediate_size: 8,
    num_hidden_layers: 4,
    num_attention_heads: 2,
    num_key_value_heads: 2,
  };

  it('counts the copies and keeps everything else', () => {
    const config = parseModelConfig({ ...base, architectures: ['A'], eos_token_id: [1, 2, 3, 4] }, 'c');
    const expanded = expandConfig(config, placeLayers(4, [1, 3]));
    assert.equal(expanded.num_hidden_layers, 6);
    assert.deepEqual(expanded.eos_token_id, [1, 2, 3, 4]);
  });

  it('gives a copy the layer type of its source', () => {
    const types = ['full_attention', 'sliding_attention', 'full_attention', 'sliding_attention'];
    const config = parseModelConfig(
      { ...base, layer_types: types, use_sliding_window: true, sliding_window: 4 },
      'c',
    );
    const placed = placeLayers(4, [1, 2]);
    const expanded = expandConfig(config, placed);
    assert.deepEqual(expanded.layer_types, [
      'full_attention',
      'sliding_attention',
      'sliding_attention',
      'full_attention',
      'full_attention',
      'sliding_attention',
    ]);
    assert.deepEqual(
      parseModelConfig(expanded, 'c').slidingWindows,
      placed.map(({ source }) => config.slidingWindows[source]),
    );
  });

  for (const chosen of [[0], [1], [2], [3], [0, 1, 2, 3], [1, 2]]) {
    it(`moves max_window_layers so that every layer keeps its window (copies of ${chosen.join(', ')})`, () => {
      for (const maxWindowLayers of [0, 1, 2, 4, 28]) {
        const config = parseModelConfig(
          { ...base, max_window_layers: maxWindowLayers, use_sliding_window: true, sliding_window: 4 },
          'c',
        );
        const placed = placeLayers(4, chosen);
        const windows = parseModelConfig(expandConfig(config, placed), 'c').slidingWindows;
        assert.deepEqual(
          windows,
          placed.map(({ source }) => config.slidingWindows[source]),
        );
      }
    });
  }

  it('spells out a default that a longer model would fall under', () => {
    const long = { ...base, num_hidden_layers: 28, use_sliding_window: true, sliding_window: 4 };
    const config = parseModelConfig(long, 'c');
    const placed = placeLayers(28, [5]);
    const windows = parseModelConfig(expandConfig(config, placed), 'c').slidingWindows;
    assert.deepEqual(
      windows,
      placed.map(({ source }) => config.slidingWindows[source]),
    );
  });
});

describe('data order', () => {
  it('visits every sequence once an epoch, in an order that seed and epoch decide', () => {
    const order = new DataOrder(10, 'shuffled', 1);
    const first = order.take(0, 10);
    const second = order.take(10, 10);
    assert.deepEqual(
      [...first].sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(
      [...second].sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.notDeepEqual(first, second);
    assert.notDeepEqual(first, new DataOrder(10, 'shuffled', 2).take(0, 10));
    assert.deepEqual(new DataOrder(10, 'shuffled', 1).take(7, 6), [...first.slice(7), ...second.slice(0, 3)]);
  });

  it('visits every sequence once an epoch where it is computed and not kept, whatever their number', () => {
    for (const size of [1, 2, 3, 16, 17, 100, 257]) {
      const order = new DataOrder(size, 'shuffled', 5, 0);
      const epochs = [order.take(0, size), order.take(size, size)];
      for (const epoch of epochs) {
        assert.deepEqual(
          [...epoch].sort((a, b) => a - b),
          Array.from({ length: size }, (_, index) => index),
        );
      }
      if (size > 3) {
        assert.notDeepEqual(epochs[0], epochs[1]);
        assert.notDeepEqual(epochs[0], new DataOrder(size, 'shuffled', 6, 0).take(0, size));
      }
    }
  });

  it('orders a billion sequences without a table of them, and goes on from any position', () => {
    const size = 1_000_000_000;
    const before = process.memoryUsage().arrayBuffers;
    const taken = new DataOrder(size, 'shuffled', 3).take(0, 20_000);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
    assert.equal(new Set(taken).size, taken.length);
    assert.ok(taken.every((index) => Number.isInteger(index) && index >= 0 && index < size));
    // Of evenly spread numbers from 0 to 1 the mean is ½, here within seven of its standard deviations.
    const mean = taken.reduce((sum, index) => sum + index, 0) / taken.length / size;
    assert.ok(Math.abs(mean - 0.5) < 7 / Math.sqrt(12 * taken.length), String(mean));
    const [far] = new DataOrder(size, 'shuffled', 3).take(3 * size - 1, 1);
    assert.deepEqual(new DataOrder(size, 'shuffled', 3).take(3 * size - 2, 2)[1], far);
    assert.deepEqual(new DataOrder(size, 'shuffled', 3).take(12_345, 10), taken.slice(12_345, 12_355));
  });

  it('goes round and round when the order is given', () => {
    assert.deepEqual(new DataOrder(3, 'given', 9).take(2, 5), [2, 0, 1, 2, 0]);
  });
});
