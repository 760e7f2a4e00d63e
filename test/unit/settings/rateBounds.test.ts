import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRate } from '../../../src/shared/settings/rateBounds';
import { ENGLISH } from '../../../src/shared/common/localizer';

describe('a base learning rate that a run is to go on with', () => {
  const read = (text: string): ReturnType<typeof readRate> => readRate(text, ENGLISH);

  it('is a number above 0 and below what destroys a model', () => {
    assert.deepEqual(read('1e-4'), { rate: 1e-4 });
    assert.deepEqual(read(' 0.0002 '), { rate: 2e-4 });
    assert.deepEqual(read('0.0999'), { rate: 0.0999 });
  });

  it('is refused with the reason otherwise', () => {
    const problems = ['0.1', '3', '0', '-1e-4', '', '1e-4x', '0,001', 'Infinity'].map((text) => {
      const result = read(text);
      return 'problem' in result ? result.problem : '';
    });
    const high = 'destroys a language model in a few steps: 1e-5 to 1e-3 are usual.';
    const noNumber = 'This is no number: write it as 1e-4 or 0.0001.';
    assert.deepEqual(problems, [
      `A rate of 0.1 ${high}`,
      `A rate of 3 ${high}`,
      'At a rate of 0 nothing is learned.',
      'A learning rate is greater than 0.',
      ...[noNumber, noNumber, noNumber, noNumber],
    ]);
  });
});
