import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { budgetedPlans, type Budget, type BudgetedChoice } from '../../src/shared/budgetedPlan';
import { estimate } from '../../src/shared/estimate';
import { configOfShape } from '../support/shapedModel';

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

const plans = (budget: Budget): BudgetedChoice[] => budgetedPlans(IMPORTANCE, plan, STEPS, budget);
const layersOf = (choices: readonly BudgetedChoice[]): (readonly number[])[] =>
  choices.map(({ layers }) => layers);

describe('a plan within a budget', () => {
  it('is the least important layers of every k where nothing is limited, most layers first', () => {
    assert.deepEqual(layersOf(plans({})).slice(4), [[1, 5, 6, 7], [1, 6, 7], [1, 7], [1]]);
    assert.equal(plans({}).length, 8);
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
    assert.ok(smaller.length > 0 && smaller.every(({ price }) => price.memoryBytes <= four.memoryBytes));
    assert.deepEqual(plans({ memoryBytes: 1 }), []);
  });

  it('adds up what a choice risks', () => {
    const two = plans({}).find(({ layers }) => layers.length === 2);
    assert.ok(Math.abs((two?.importance ?? NaN) - 3.1) < 1e-12);
  });
});
