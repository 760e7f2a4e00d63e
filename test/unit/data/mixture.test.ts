import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Mixture } from '../../../src/trainer/data/sequences/mixture';
import { DataOrder } from '../../../src/trainer/data/sequences/order';
import { listOf, type Sequence, type SequenceList } from '../../../src/trainer/data/sequences/sequences';
import { idsOf } from '../../support/corpora';

const named = (first: number, count: number): SequenceList =>
  listOf(Array.from({ length: count }, (_, index) => Int32Array.of(first + index, 0)));
const nameOf = ({ ids: [name = NaN] }: Sequence): number => name;
const domain = named(0, 40);
const few = named(100, 7);
const replay = [{ sequences: few, weight: 1 }];

function order(mixture: Mixture, count: number): number[] {
  return mixture.take(0, count).map(nameOf);
}

describe('domain text with replay', () => {
  for (const share of [0.1, 0.25, 1 / 3, 0.5, 0.7]) {
    it(`holds a share of ${share.toFixed(2)} among any first sequences`, () => {
      const names = order(new Mixture({ domain, replay, replayShare: share }, 'shuffled', 3), 600);
      for (let count = 1; count <= names.length; count++) {
        const replayed = names.slice(0, count).filter((name) => name >= 100).length;
        const wanted = count * share;
        assert.ok(Math.abs(replayed - wanted) < 1, `${replayed} of ${count}`);
      }
      assert.equal(names.filter((name) => name >= 100).length, Math.round(600 * share));
    });
  }

  it('gives every sequence of a kind its turn before one comes again', () => {
    const names = order(new Mixture({ domain, replay, replayShare: 0.25 }, 'shuffled', 5), 56);
    const replayed = names.filter((name) => name >= 100);
    assert.deepEqual(new Set(replayed.slice(0, 7)), new Set(idsOf(few).map(([name]) => name)));
    assert.deepEqual(new Set(replayed.slice(7)), new Set(idsOf(few).map(([name]) => name)));
    assert.equal(new Set(names.filter((name) => name < 100).slice(0, 40)).size, 40);
  });

  it('goes on from any position as if it had never stopped, and follows the seed', () => {
    const parts = { domain, replay, replayShare: 0.3 };
    const whole = order(new Mixture(parts, 'shuffled', 1), 100);
    const rest = new Mixture(parts, 'shuffled', 1).take(37, 63).map(nameOf);
    assert.deepEqual(rest, whole.slice(37));
    assert.notDeepEqual(order(new Mixture(parts, 'shuffled', 2), 100), whole);
  });

  it('is the domain text in its own order where there is no replay', () => {
    const names = order(new Mixture({ domain, replay: [], replayShare: 0 }, 'shuffled', 4), 90);
    assert.deepEqual(names, new DataOrder(40, 'shuffled', 4).take(0, 90));
  });

  it('has every text of the replay by its weight, among any first sequences', () => {
    const texts = [
      { sequences: named(100, 7), weight: 3 },
      { sequences: named(200, 5), weight: 2 },
      { sequences: named(300, 9), weight: 1 },
    ];
    const names = order(new Mixture({ domain, replay: texts, replayShare: 0.6 }, 'shuffled', 3), 1200);
    const among = (count: number, text: number): number =>
      names.slice(0, count).filter((name) => Math.floor(name / 100) === text).length;
    const shares = [0.4, 0.3, 0.2, 0.1];
    for (let count = 1; count <= names.length; count++) {
      for (const [text, share] of shares.entries()) {
        const off = among(count, text) - count * share;
        assert.ok(Math.abs(off) < 2, `${off} of text ${text} among ${count}`);
      }
    }
    assert.deepEqual(
      shares.map((_, text) => among(1200, text)),
      [480, 360, 240, 120],
    );
    // Every sequence of a text has its turn before one comes again.
    const second = names.filter((name) => Math.floor(name / 100) === 2);
    assert.deepEqual([...new Set(second.slice(0, 5))].sort(), [200, 201, 202, 203, 204]);
    const rest = new Mixture({ domain, replay: texts, replayShare: 0.6 }, 'shuffled', 3).take(501, 99);
    assert.deepEqual(rest.map(nameOf), names.slice(501, 600));
  });

  it('knows from when on a sequence of any text comes again', () => {
    const texts = [
      { sequences: named(100, 7), weight: 1 },
      { sequences: named(200, 2), weight: 1 },
    ];
    const mixture = new Mixture({ domain, replay: texts, replayShare: 0.5 }, 'given', 0);
    // Of eight, two of each; of twelve, three of each.
    assert.equal(mixture.repeats(8), false);
    assert.equal(mixture.repeats(12), true);
  });

  it('knows from when on a sequence comes again', () => {
    const mixture = new Mixture({ domain, replay, replayShare: 0.5 }, 'given', 0);
    assert.equal(mixture.repeats(14), false);
    // The eighth replay sequence, of seven.
    assert.equal(mixture.repeats(16), true);
    assert.equal(new Mixture({ domain, replay: [], replayShare: 0 }, 'given', 0).repeats(40), false);
  });
});
