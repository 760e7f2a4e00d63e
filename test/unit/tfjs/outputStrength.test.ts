import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { OutputStrength } from '../../../src/trainer/tfjs/tuning/outputStrength';
import { layerParameters, tensorOf } from '../../../src/trainer/tfjs/tuning/parameters';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { randomSequences, writeRandomModel } from '../../parity/randomModel';
import { onEveryEngine } from '../../support/engines';
import { temporaryFolder } from '../../support/temporaryFolder';

const LAYERS = [0, 2];
/** What a layer of a model with every bias writes into the residual stream. */
const OUTPUTS = [
  'self_attn.o_proj.weight',
  'self_attn.o_proj.bias',
  'mlp.down_proj.weight',
  'mlp.down_proj.bias',
];

/** The same α for every layer. */
function all(alpha: number): ReadonlyMap<number, number> {
  return new Map(LAYERS.map((layer) => [layer, alpha]));
}

function withModel(engine: Engine, t: TestContext, work: (model: CausalLM) => void): void {
  const model = CausalLM.load(engine, writeRandomModel(join(temporaryFolder(t), 'model'), 'llamaBias'));
  try {
    work(model);
  } finally {
    model.dispose();
  }
}

/** Values of every parameter of all layers, by name. */
function values(model: CausalLM): Map<string, Float32Array> {
  return new Map(
    layerParameters(model, [0, 1, 2]).map((parameter) => [
      parameter.name,
      model.engine.read(tensorOf(parameter)).slice(),
    ]),
  );
}

/** The values before, with those of the outputs of each layer times its α. */
function scaled(
  before: ReadonlyMap<string, Float32Array>,
  alphas: Readonly<Record<number, number>>,
): Map<string, Float32Array> {
  return new Map(
    [...before].map(([name, own]) => {
      const layer = Number(name.split('.')[2]);
      const alpha = OUTPUTS.some((output) => name.endsWith(output)) ? (alphas[layer] ?? 1) : 1;
      return [name, own.map((value) => value * alpha)];
    }),
  );
}

onEveryEngine('the strength of added layers', (test) => {
  test('scales what they write, biases included, and nothing else, always of what was trained', (engine, t) => {
    withModel(engine, t, (model) => {
      const before = values(model);
      const added = new OutputStrength(model, LAYERS);
      // Halves and quarters are exact in float32.
      for (const alpha of [0.5, 0.25, 0, 1]) {
        added.set(all(alpha));
        assert.deepEqual(values(model), scaled(before, { 0: alpha, 2: alpha }), `α = ${alpha}`);
      }
      added.set(new Map([[2, 0.5]]));
      assert.deepEqual(values(model), scaled(before, { 2: 0.5 }));
      added.end();
      assert.deepEqual(values(model), before);
    });
  });

  test('of 0 takes a layer out of the computation', (engine, t) => {
    withModel(engine, t, (model) => {
      const batch = makeBatch(randomSequences(5, [12, 7], model.config.vocabSize));
      const added = new OutputStrength(model, LAYERS);
      added.set(all(0));
      const without = engine.tidy(() => {
        const context = model.context(batch);
        return engine.read(model.run(context, model.embed(batch), 1, 2)).slice();
      });
      const whole = engine.tidy(() =>
        engine.read(model.run(model.context(batch), model.embed(batch), 0, 3)).slice(),
      );
      assert.deepEqual(whole, without);
      added.end();
    });
  });

  test('leaves as many tensors as there were', (engine, t) => {
    withModel(engine, t, (model) => {
      const before = engine.tensorCount();
      const added = new OutputStrength(model, LAYERS);
      added.set(all(0.5));
      added.set(new Map());
      added.end();
      assert.equal(engine.tensorCount(), before);
    });
  });
});
