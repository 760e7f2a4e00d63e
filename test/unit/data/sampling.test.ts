import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleOf } from '../../../src/shared/settings/sampling';
import {
  evenlySpaced as listEvenlySpaced,
  listOf,
  sampleOfList,
} from '../../../src/trainer/data/sequences/sequences';
import { idsOf } from '../../support/corpora';

const lists = (values: readonly number[]): ReturnType<typeof listOf> =>
  listOf(values.map((value) => Int32Array.of(value)));
const valuesOf = (list: ReturnType<typeof listOf>): number[] => idsOf(list).map(([value = NaN]) => value);
const evenlySpaced = (values: readonly number[]): number[] => valuesOf(listEvenlySpaced(lists(values)));

const items = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('an order from all over', () => {
  it('holds everything once, and every beginning of it is spread', () => {
    assert.deepEqual(evenlySpaced(items(8)), [0, 4, 2, 6, 1, 5, 3, 7]);
    for (const count of [0, 1, 2, 5, 9, 64, 100]) {
      const order = evenlySpaced(items(count));
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        items(count),
      );
      for (let taken = 8; taken <= count; taken++) {
        const quarters = [0, 1, 2, 3].map(
          (quarter) =>
            order.slice(0, taken).filter((item) => Math.floor((item * 4) / count) === quarter).length,
        );
        assert.ok(
          Math.max(...quarters) <= 2 * Math.min(...quarters) + 1,
          `${taken} of ${count}: ${quarters.join()}`,
        );
      }
    }
  });
});

describe('a sample', () => {
  it('is the first, in their order', () => {
    assert.deepEqual(sampleOf(items(10), 3, 'first'), [0, 1, 2]);
  });

  it('is spread over all, from the middle of as many equal parts', () => {
    assert.deepEqual(sampleOf(items(9), 3, 'spread'), [1, 4, 7]);
    assert.deepEqual(sampleOf(items(10), 1, 'spread'), [5]);
    assert.deepEqual(sampleOf(items(100), 4, 'spread'), [12, 37, 62, 87]);
  });

  it('holds nothing twice, however many are wanted', () => {
    for (const count of [1, 2, 7, 9, 10, 11]) {
      const taken = sampleOf(items(10), count, 'spread');
      assert.deepEqual(
        taken,
        [...new Set(taken)].sort((a, b) => a - b),
      );
      assert.equal(taken.length, Math.min(10, count));
    }
  });

  it('is of sequences, by their numbers, what it is of items', () => {
    for (const sampling of ['first', 'spread'] as const) {
      for (const count of [1, 3, 9, 10, 12]) {
        assert.deepEqual(
          valuesOf(sampleOfList(lists(items(10)), count, sampling)),
          sampleOf(items(10), count, sampling),
        );
      }
    }
  });

  it('is all where there are no more', () => {
    assert.deepEqual(sampleOf(items(3), 5, 'spread'), [0, 1, 2]);
    assert.deepEqual(sampleOf(items(3), 5, 'first'), [0, 1, 2]);
  });
});
