import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { readJson } from '../../src/node/files/jsonFile';
import {
  stepSeconds,
  budgetedPlans,
  type Budget,
  type BudgetedChoice,
} from '../../src/shared/estimate/budgetedPlan';
import { estimate, type Price } from '../../src/shared/estimate/estimate';
import { adeptResult, runAdeptAgain } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { configOfShape } from '../support/shapedModel';
import { temporaryFolder } from '../support/temporaryFolder';

const config = configOfShape({
  ...{ vocab: 512, hidden: 64, mlp: 160, layers: 8, heads: 4, keyValueHeads: 2, tied: true },
});
const plan = {
  config,
  tune: { batchSize: 4, seqLen: 64, gradAccum: 1, full: false },
  engine: 'native' as const,
  speed: { flopsPerSecond: 1e10 },
};
// The deeper, the less important, but for layer 1.
const IMPORTANCE = [9, 0.1, 8, 7, 6, 5, 4, 3];
const STEPS = 100;

const plans = (budget: Budget): BudgetedChoice[] =>
  budgetedPlans(IMPORTANCE, plan, stepSeconds(STEPS), budget);
const layersOf = (choices: readonly BudgetedChoice[]): (readonly number[])[] =>
  choices.map(({ layers }) => layers);

const bytesOf = ({ memoryBytes = NaN }: Price): number => memoryBytes;

/** By trying everything. */
function firstThatFits(
  k: number,
  { memoryBytes = Infinity, seconds = Infinity }: Budget,
): number[] | undefined {
  for (let lowest = 0; lowest + k <= IMPORTANCE.length; lowest += 1) {
    const expanded = [...IMPORTANCE.entries()]
      .slice(lowest)
      .sort(([, a], [, b]) => a - b)
      .slice(0, k)
      .map(([layer]) => layer)
      .sort((a, b) => a - b);
    const price = estimate({ ...plan, expanded });
    if (price.memoryBytes <= memoryBytes && (price.secondsPerStep ?? NaN) * STEPS <= seconds) {
      return expanded;
    }
  }
  return undefined;
}

describe('a plan within a budget', () => {
  it('is the least important layers of every k where nothing is limited, most layers first', () => {
    assert.deepEqual(layersOf(plans({})).slice(4), [[1, 5, 6, 7], [1, 6, 7], [1, 7], [1]]);
    assert.equal(plans({}).length, 8);
  });

  it('has no time where the number of steps is not known, and is not limited by it', () => {
    const timeless = budgetedPlans(IMPORTANCE, plan, stepSeconds(undefined), { seconds: 1 });
    assert.deepEqual(layersOf(timeless), layersOf(plans({})));
    assert.ok(timeless.every(({ seconds }) => seconds === undefined));
  });

  it('gives up low layers for the time that they cost', () => {
    const cost = (expanded: readonly number[]): number =>
      (estimate({ ...plan, expanded }).secondsPerStep ?? NaN) * STEPS;
    const [low, high] = [cost([1, 7]), cost([6, 7])];
    assert.ok(low > high);
    const fitting = plans({ seconds: (low + high) / 2 });
    assert.deepEqual(fitting.find(({ layers }) => layers.length === 2)?.layers, [6, 7]);
    for (const { layers, seconds } of fitting) {
      assert.ok((seconds ?? NaN) <= (low + high) / 2, layers.join());
      assert.ok(Math.abs((seconds ?? NaN) - cost(layers)) < 1e-9);
    }
  });

  it('keeps every choice within memory and the slow-down of inference', () => {
    const whole = plans({});
    const four = whole.find(({ layers }) => layers.length === 4)?.price;
    assert.ok(four);
    const slower = plans({ inferenceFactor: four.inferenceFactor });
    assert.deepEqual(slower[0]?.layers.length, 4);
    const smaller = plans({ memoryBytes: four.memoryBytes });
    assert.ok(smaller.length > 0 && smaller.every(({ price }) => bytesOf(price) <= bytesOf(four)));
    assert.deepEqual(plans({ memoryBytes: 1 }), []);
  });

  it('is, for every k, the one that gives up the fewest low layers of all that fit', () => {
    const whole = plans({});
    const limits = whole.flatMap(({ price, seconds = NaN }) => [
      { memoryBytes: price.memoryBytes },
      { seconds: seconds * 0.8 },
      { memoryBytes: bytesOf(price) * 0.99, seconds },
    ]);
    for (const limit of limits) {
      const found = new Map(plans(limit).map(({ layers }) => [layers.length, layers]));
      for (let k = 1; k <= IMPORTANCE.length; k += 1) {
        assert.deepEqual(found.get(k), firstThatFits(k, limit), `${k} within ${JSON.stringify(limit)}`);
      }
    }
  });

  it('adds up what a choice risks', () => {
    const two = plans({}).find(({ layers }) => layers.length === 2);
    assert.ok(Math.abs((two?.importance ?? NaN) - 3.1) < 1e-12);
  });
});

describe('adept plan', () => {
  const sample = (name: string): string => join(projectRoot, 'media/sample', name);

  async function measured(t: TestContext): Promise<string> {
    const file = join(temporaryFolder(t), 'importance.json');
    const text = ['--probe', sample('general.txt'), '--seq-len', 32, '--max-sequences', 2];
    await adeptResult([
      ...[
        'analyze',
        '--model',
        sample('model'),
        '--out',
        file,
        '--mode',
        'fast',
        '--engine',
        'wasm',
        ...text,
      ],
    ]);
    return file;
  }

  it('lists the choices that fit, the same as the page of the heatmap', async (t) => {
    const file = await measured(t);
    const all = ['plan', '--model', sample('model'), '--importance', file];
    const ks = async (...more: readonly (string | number)[]): Promise<number[]> => {
      const { plans: found } = await adeptResult([...all, ...more]);
      return v
        .parse(v.array(v.object({ layers: v.array(v.number()) })), found)
        .map(({ layers }) => layers.length);
    };
    assert.deepEqual(await ks(), [8, 7, 6, 5, 4, 3, 2, 1]);
    assert.deepEqual(await ks('--slowdown', 1.3), [2, 1]);
    assert.deepEqual(await ks('--memory', 1), []);
    assert.equal((await ks('--hours', 100, '--steps', 10)).length, 8);
  });

  it('wants the number of steps for a time, and the importance of this model', async (t) => {
    const file = await measured(t);
    const refusal = async (importance: string, ...more: readonly string[]): Promise<string> => {
      const { status, stderr } = await runAdeptAgain([
        ...['plan', '--model', sample('model'), '--importance', importance, ...more],
      ]);
      assert.equal(status, 2);
      return stderr;
    };
    assert.match(await refusal(file, '--hours', '1'), /--steps: is required with --hours/);
    const onTorch = join(temporaryFolder(t), 'torch.json');
    const measuredThere = { engine: 'torch', device: 'GPU' };
    writeFileSync(
      onTorch,
      JSON.stringify({ ...v.parse(v.looseObject({}), readJson(file)), engine: measuredThere }),
    );
    assert.match(await refusal(onTorch, '--memory', '900'), /--memory: .* was measured on torch/);
    assert.match(await refusal(onTorch, '--hours', '1', '--steps', '10'), /--hours: .* has no speed/);
    const other = join(temporaryFolder(t), 'other.json');
    const { model, ...rest } = v.parse(v.looseObject({ model: v.looseObject({}) }), readJson(file));
    writeFileSync(other, JSON.stringify({ ...rest, model: { ...model, family: 'qwen3' } }));
    assert.match(await refusal(other), /other\.json: describes a qwen3 model of 8 layers/);
  });
});
