import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wilsonInterval } from '../../../src/shared/common/wilsonInterval';
import { scoreAnswer } from '../../../src/trainer/method/exactMatch';

describe('the score of an answer', () => {
  /** What lm-evaluation-harness 0.4.13's own filters and metric make of these, task gsm8k. */
  const cases: [
    said: string,
    right: string,
    strict: string | undefined,
    flexible: string | undefined,
    ...boolean[],
  ][] = [
    [' 4 + 5 = 9\n#### 9', 'x\n#### 9', '9', '9', true, true],
    [' It is #### 1,234. And 7', 'x\n#### 1234', '1,234.', '7', true, false],
    [' The total is $1,200.', 'x\n#### 1200', undefined, '$1,200.', false, true],
    [' #### -5', 'x\n#### -5', '-5', '-5', true, true],
    [' nothing', 'x\n#### 3', undefined, undefined, false, false],
    [' first #### 2 then #### 3', 'x\n#### 2', '2', '3', true, false],
    [' so 18', 'x\n#### 8', undefined, '18', false, false],
  ];
  for (const [said, right, strict, flexible, strictMatch, flexibleMatch] of cases) {
    it(`of ${JSON.stringify(said)}`, () => {
      assert.deepEqual(scoreAnswer(said, right), { strict, flexible, strictMatch, flexibleMatch });
    });
  }

  it('goes by all that is said where the right answer has no final number', () => {
    const matches = (said: string, right: string): boolean[] => {
      const { strictMatch, flexibleMatch } = scoreAnswer(said, right);
      return [strictMatch, flexibleMatch];
    };
    assert.deepEqual(matches(' Paris. ', 'paris'), [true, true]);
    assert.deepEqual(matches(' It is Paris, of course', 'Paris'), [false, true]);
    assert.deepEqual(matches(' London', 'Paris'), [false, false]);
    assert.deepEqual(matches(' 12', '12'), [true, true]);
    assert.deepEqual(matches(' They are 12', '12'), [false, true]);
    assert.deepEqual(matches(' They are 112', '12'), [false, false]);
  });
});

describe('the interval of a share', () => {
  it("is Wilson's", () => {
    // By the formula, in Python.
    const cases: [number, number, number, number][] = [
      [0, 10, 0, 0.2775328],
      [5, 10, 0.2365931, 0.7634069],
      [10, 10, 0.7224672, 1],
      [45, 60, 0.6276793, 0.8422348],
    ];
    for (const [count, trials, low, high] of cases) {
      const [lower, upper] = wilsonInterval(count, trials);
      assert.ok(Math.abs(lower - low) < 1e-5 && Math.abs(upper - high) < 1e-5, `${lower} ${upper}`);
    }
    assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
  });
});
