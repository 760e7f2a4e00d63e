import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { activationCache } from '../../../src/trainer/tfjs/cache/activationCache';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { onEveryEngine } from '../../support/engines';
import { writeShapedModel } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';

const SHAPE = { vocab: 16, hidden: 8, mlp: 8, layers: 2, heads: 2, keyValueHeads: 1, tied: true };

/**
 * How many batches are computed as such for each of two, where all states are 0 but those of the batches of these numbers, in
 * which one value of the last row is 1.
 */
function batchRuns(engine: Engine, t: TestContext, differing: readonly number[]): number[] {
  const folder = temporaryFolder(t);
  const model = CausalLM.load(engine, writeShapedModel(join(folder, 'model'), SHAPE));
  let runs = 0;
  const fixed = Object.create(model, {
    run: {
      value: (...[{ batch, length }]: Parameters<CausalLM['run']>): Tensor => {
        runs += batch > 1 ? 1 : 0;
        const states = new Float32Array(batch * length * SHAPE.hidden);
        states[states.length - 1] = batch > 1 && differing.includes(runs) ? 1 : 0;
        return engine.tensor(states, [batch * length, SHAPE.hidden]);
      },
    },
  }) as CausalLM;
  const cache = activationCache(fixed, [1], { folder, megabytes: 1, onProblem: () => undefined });
  assert.ok(cache);
  const runsOf = (batch: Batch): number => {
    const before = runs;
    engine.tidy(() => cache.input(batch));
    return runs - before;
  };
  const row = (token: number): Int32Array => Int32Array.of(token, 1, 2);
  try {
    return [runsOf(makeBatch([row(3), row(4)])), runsOf(makeBatch([row(5), row(6)]))];
  } finally {
    cache.close();
    model.dispose();
  }
}

onEveryEngine('whether sequences may be computed together', (test) => {
  test('is found out with the first batch, in both orders, and they are where they keep their bits', (engine, t) => {
    // The batch, its reverse, and the batch again for its states; then each batch once.
    assert.deepEqual(batchRuns(engine, t, []), [3, 1]);
  });

  test('is denied where the batch gives other bits', (engine, t) => {
    assert.deepEqual(batchRuns(engine, t, [1]), [1, 0]);
  });

  test('is denied where only the reverse does', (engine, t) => {
    assert.deepEqual(batchRuns(engine, t, [2]), [2, 0]);
  });
});
