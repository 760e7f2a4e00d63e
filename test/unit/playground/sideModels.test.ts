import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Executor, Model } from '../../../src/trainer/executor/executor';
import { SideModels, type SidePlan } from '../../../src/trainer/jobs/generate/sideModels';
import { SILENT_TASK } from '../../../src/trainer/task';

const PLAIN: SidePlan = { folder: '/models/plain', trains: 'none' };
const EXPANDED: SidePlan = { folder: '/models/expanded', trains: [2] };
const at = (alpha: number): SidePlan => ({ ...EXPANDED, strength: new Map([[2, alpha]]) });

/** Models of an executor that writes down what it is asked for. */
function modelsOf(engine: 'wasm' | 'torch'): { readonly models: SideModels; readonly asked: string[] } {
  const asked: string[] = [];
  const executor: Pick<Executor, 'description' | 'open'> = {
    description: { engine, device: 'CPU', library: '', threads: 1 },
    open: ({ folder }) => {
      asked.push(`open ${folder}`);
      const model: Pick<Model, 'setStrength' | 'close'> = {
        setStrength: (alpha) => {
          asked.push(`α ${[...alpha.values()].join()}`);
          return Promise.resolve();
        },
        close: () => {
          asked.push(`close ${folder}`);
          return Promise.resolve();
        },
      };
      return Promise.resolve(model as Model);
    },
  };
  return { models: new SideModels(executor as Executor), asked };
}

describe('the models that two sides answer with', () => {
  it('are opened once, and closed when no side needs them', async () => {
    const { models, asked } = modelsOf('wasm');
    for (const plan of [at(0), at(1), PLAIN, at(0.5)]) {
      await models.take(plan, SILENT_TASK);
    }
    assert.deepEqual(asked.splice(0), ['open /models/expanded', 'α 0', 'α 1', 'open /models/plain', 'α 0.5']);
    await models.keep([PLAIN]);
    await models.keep([PLAIN]);
    assert.deepEqual(asked.splice(0), ['close /models/expanded']);
    await models.close();
    assert.deepEqual(asked, ['close /models/plain']);
  });

  it('are one at a time where an executor holds one', async () => {
    const { models, asked } = modelsOf('torch');
    await models.keep([PLAIN, EXPANDED]);
    await models.take(PLAIN, SILENT_TASK);
    await models.take(EXPANDED, SILENT_TASK);
    assert.deepEqual(asked, ['open /models/plain', 'close /models/plain', 'open /models/expanded']);
  });
});
