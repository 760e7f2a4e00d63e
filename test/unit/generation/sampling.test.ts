import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../src/shared/common/random';
import { sampleToken } from '../../../src/trainer/generation/sampling';

const LOGITS = Float32Array.of(1, 3, 0, 2.5, 2.5, -4);
const DRAWS = 40_000;

/** Softmax of the logits over a temperature, by its definition. */
function probabilities(temperature: number): number[] {
  const weights = [...LOGITS].map((logit) => Math.exp(logit / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function shares(temperature: number, topP: number): number[] {
  const random = seededRandom(3);
  const counts = new Array<number>(LOGITS.length).fill(0);
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const token = sampleToken(LOGITS, { temperature, topP }, random);
    counts[token] = (counts[token] ?? 0) + 1;
  }
  return counts.map((count) => count / DRAWS);
}

describe('a drawn token', () => {
  for (const temperature of [0.5, 1, 2]) {
    it(`comes as often as its probability says at temperature ${temperature}`, () => {
      const found = shares(temperature, 1);
      for (const [token, expected] of probabilities(temperature).entries()) {
        // Four standard deviations.
        const allowed = 4 * Math.sqrt((expected * (1 - expected)) / DRAWS);
        assert.ok(Math.abs((found[token] ?? 0) - expected) <= allowed, `token ${token}: ${found[token]}`);
      }
    });
  }

  it('is one of the fewest tokens that reach topP, of equal ones the lower', () => {
    const [, first = 0, , equal = 0] = probabilities(1);
    // The likeliest, and one of the two that come next.
    const found = shares(1, first + equal / 2);
    assert.deepEqual(
      found.map((share) => share > 0),
      [false, true, false, true, false, false],
    );
    const expected = first / (first + equal);
    assert.ok(Math.abs((found[1] ?? 0) - expected) < 4 * Math.sqrt((expected * (1 - expected)) / DRAWS));
    assert.deepEqual(shares(1, 1e-9), [0, 1, 0, 0, 0, 0]);
  });

  it('is never one without probability, however the draw falls', () => {
    const logits = Float32Array.of(-Infinity, 0, -Infinity);
    for (const draw of [0, 0.5, 1 - 2 ** -32]) {
      assert.equal(
        sampleToken(logits, { temperature: 1, topP: 1 }, () => draw),
        1,
      );
    }
  });
});
