import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../src/shared/common/random';
import { OVERLAP_TOKENS, overlaps } from '../../../src/trainer/data/sequences/overlap';
import { eachOf, listOf } from '../../../src/trainer/data/sequences/sequences';
import { SILENT_TASK } from '../../../src/trainer/task';

const random = seededRandom(11);
const sequence = (length: number): Int32Array =>
  Int32Array.from({ length }, () => Math.floor(random() * 50000));

async function overlap(text: readonly Int32Array[], other: readonly Int32Array[]): Promise<number> {
  const [share = NaN] = await overlaps([listOf(text)], eachOf(listOf(other)), SILENT_TASK);
  return share;
}

describe('overlap of texts', () => {
  it('counts the tokens in runs of 13 or more that stand there too, wherever they do', async () => {
    const [a, b, c, d] = [sequence(64), sequence(64), sequence(64), sequence(64)];
    const copied = sequence(200);
    copied.set(a.subarray(20, 20 + OVERLAP_TOKENS), 100);
    copied.set(b.subarray(0, OVERLAP_TOKENS - 1), 3);
    copied.set(d.subarray(64 - OVERLAP_TOKENS), 0);
    assert.equal(await overlap([a, b, c, d], [sequence(64), copied]), (2 * OVERLAP_TOKENS) / (4 * 64));
    // Runs that follow each other, and a run that is there twice, count once.
    const longer = sequence(100);
    longer.set(a.subarray(10, 40), 5);
    longer.set(a.subarray(10, 40), 60);
    assert.equal(await overlap([a], [longer]), 30 / 64);
    assert.equal(await overlap([a, b, c, d], [sequence(640)]), 0);
  });

  it('is whole for the same text, and nothing for texts too short to tell', async () => {
    const text = [sequence(20), sequence(13)];
    assert.equal(await overlap(text, text), 1);
    const short = sequence(12);
    assert.equal(await overlap([short], [short]), 0);
    assert.equal(await overlap([], text), 0);
  });

  it('is told of several texts at once, also where they hold the same', async () => {
    const [a, b] = [sequence(30), sequence(30)];
    const copy = a.slice();
    assert.deepEqual(
      await overlaps([[a, b], [copy], [b], []].map(listOf), eachOf(listOf([a, sequence(50)])), SILENT_TASK),
      [0.5, 1, 0, 0],
    );
  });

  it('tells runs apart that differ in one token, in ten thousand tries', async () => {
    const text = sequence(OVERLAP_TOKENS);
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const other = text.slice();
      const at = attempt % OVERLAP_TOKENS;
      other[at] = (other[at] ?? 0) + 1 + attempt;
      assert.equal(await overlap([text], [other]), 0);
    }
  });
});
