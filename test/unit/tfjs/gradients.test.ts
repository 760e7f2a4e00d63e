import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sum } from '../../../src/shared/common/sum';
import {
  allParameters,
  namedGradients,
  namedOuterGradients,
  tensorOf,
} from '../../../src/trainer/tfjs/tuning/parameters';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { lossGradients } from '../../../src/trainer/tfjs/model/gradients';
import { VARIED_RECIPE_NAMES, type RecipeName } from '../../parity/recipes';
import { randomSequences, writeRandomModel } from '../../parity/randomModel';
import { onEveryEngine } from '../../support/engines';
import { seededRandom } from '../../../src/shared/common/random';

/** Loads a random model, hands it to the test, and removes it. */
function withModel(engine: Engine, name: RecipeName, test: (model: CausalLM) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'adept-gradients-'));
  try {
    const model = CausalLM.load(engine, writeRandomModel(folder, name));
    try {
      test(model);
    } finally {
      model.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every parameter's gradient of the mean loss. */
function allGradients(model: CausalLM, sequences: Int32Array[]): Map<string, Float32Array> {
  const batch = makeBatch(sequences);
  const gradients = new Map<string, Float32Array>();
  const take = (named: Iterable<[string, ReturnType<typeof tensorOf>]>): void => {
    for (const [name, gradient] of named) {
      gradients.set(name, model.engine.read(gradient));
    }
  };
  lossGradients(model, batch, {
    scale: 1 / sum([...batch.lengths].map((length) => length - 1)),
    lowestLayer: 0,
    wants: () => true,
    onLayer: (layer, layerGradients) => {
      take(namedGradients(model.config.names, layer, layerGradients));
    },
    onOuter: (outer) => {
      take(namedOuterGradients(model.config.names, outer));
    },
  });
  return gradients;
}

onEveryEngine('backward pass', (test) => {
  for (const name of VARIED_RECIPE_NAMES) {
    // The whole gradient against the loss itself: along a random direction of every parameter, the slope of the loss
    // is the sum of gradient · direction. PyTorch compares the values one by one in test/parity.
    test(`${name}: the loss falls along the gradient as fast as the gradient says`, (engine) => {
      withModel(engine, name, (model) => {
        const sequences = randomSequences(3, [17, 9], model.config.vocabSize);
        const gradients = allGradients(model, sequences);
        const batch = makeBatch(sequences);
        const meanLoss = (): number => sum(model.losses(batch)) / (16 + 8);
        for (const parameter of allParameters(model)) {
          const gradient = gradients.get(parameter.name);
          assert.ok(gradient, `${parameter.name} has no gradient`);
          const original = engine.read(tensorOf(parameter));
          const random = seededRandom(parameter.name.length);
          const norm = Math.sqrt(sum([...gradient].map((value) => value * value)));
          assert.ok(norm > 0, `${parameter.name}: the gradient is zero`);
          // Along the gradient's own signs, disturbed, so that the slope is large beside float32's rounding of the loss.
          const direction = gradient.map(
            (value) => value / norm + 0.2 * ((random() - 0.5) / Math.sqrt(gradient.length)),
          );
          const step = 2e-2;
          const moveTo = (distance: number): void => {
            const moved = engine.keep(
              engine.tensor(
                original.map((value, at) => value + distance * (direction[at] ?? 0)),
                parameter.shape,
              ),
            );
            engine.dispose(tensorOf(parameter));
            parameter.slot[parameter.part] = moved;
          };
          const lossAt = (distance: number): number => {
            moveTo(distance);
            return meanLoss();
          };
          const measured =
            (8 * (lossAt(step) - lossAt(-step)) - (lossAt(2 * step) - lossAt(-2 * step))) / (12 * step);
          moveTo(0);
          const predicted = sum([...gradient].map((value, at) => value * (direction[at] ?? 0)));
          const allowed = 0.02 * Math.abs(predicted) + 2e-4;
          assert.ok(
            Math.abs(measured - predicted) <= allowed,
            `${name}, ${parameter.name}: slope ${measured}, gradient says ${predicted}`,
          );
        }
      });
    });
  }

  test('a frozen layer passes the gradient on without having one, and nothing stays alive', (engine) => {
    withModel(engine, 'llama', (model) => {
      const batch = makeBatch(randomSequences(5, [12, 12], model.config.vocabSize));
      const whole = new Map<string, Float32Array>();
      const part = new Map<string, Float32Array>();
      const collect = (into: Map<string, Float32Array>, lowestLayer: number, wanted: number[]): void => {
        const before = engine.tensorCount();
        lossGradients(model, batch, {
          scale: 1,
          lowestLayer,
          wants: (layer) => wanted.includes(layer),
          onLayer: (layer, gradients) => {
            for (const [name, gradient] of namedGradients(model.config.names, layer, gradients)) {
              into.set(name, engine.read(gradient));
            }
          },
        });
        assert.equal(engine.tensorCount(), before);
      };
      model.context(batch);
      collect(whole, 0, [...model.blocks.keys()]);
      collect(part, 1, [1]);
      assert.ok(part.size > 0 && [...part.keys()].every((name) => name.startsWith('model.layers.1.')));
      for (const [name, gradient] of part) {
        assert.deepEqual(gradient, whole.get(name), name);
      }
    });
  });
});
