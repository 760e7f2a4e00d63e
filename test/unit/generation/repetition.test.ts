import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guessNext } from '../../../src/trainer/generation/repetition';

describe('guessing what follows', () => {
  for (const [what, ids, most, expected] of [
    ['nothing', [], 4, []],
    ['one token', [1], 4, []],
    ['what never stood there', [1, 2, 3, 4], 4, []],
    ['one token that stood there', [1, 2, 3, 1], 4, [2]],
    ['the last of equals', [1, 2, 1, 3, 1], 4, [3]],
    ['two that stood there', [1, 2, 3, 4, 1, 2], 4, [3, 4]],
    ['the longest rather than the last', [1, 2, 3, 4, 9, 2, 8, 1, 2], 4, [3, 4]],
    ['one token over and over', [7, 7, 7], 4, [7, 7]],
    ['a circle over and over, as far as wanted', [1, 2, 1, 2, 1, 2, 1, 2, 1, 2], 3, [1, 2, 1]],
    ['no more than wanted', [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5], 3, [6, 7, 8]],
    ['none where none is wanted', [1, 2, 1], 0, []],
    ['none where there is less than no room', [1, 2, 1], -2, []],
  ] as const) {
    it(what, () => {
      assert.deepEqual(guessNext(ids, most), expected);
    });
  }
});
