import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { restoreCheckpoint } from '../../../src/trainer/checkpoint/checkpoint';
import { readTrained, type ReadState } from '../../../src/trainer/checkpoint/trainedFiles';
import type { Model } from '../../../src/trainer/executor/executor';
import { expectInputRejection } from '../../support/expectInputError';
import { writeRaw } from '../../support/rawSafetensors';
import { RunFixture } from '../../support/runFixture';
import { temporaryFolder } from '../../support/temporaryFolder';

const MOMENTS = { 'p.exp_avg': [3, 4], 'p.exp_avg_sq': [5, 6] };

/** Restores a checkpoint with these moments of a parameter of two values; `given` is what the model reads. */
async function restored(
  t: TestContext,
  moments: Readonly<Record<string, number[]>>,
  given: ReadState[],
  what = { moments: true },
): Promise<void> {
  const fixture = new RunFixture(temporaryFolder(t));
  const folder = fixture.checkpoint(10);
  writeRaw(join(folder, 'delta.safetensors'), { p: [1, 2] });
  writeRaw(join(folder, 'optimizer.safetensors'), moments);
  const model: Pick<Model, 'trained' | 'loadTrained'> = {
    trained: [{ name: 'p', shape: [2], unit: undefined, decays: false }],
    loadTrained(from, asked) {
      assert.equal(from, folder);
      readTrained(from, this.trained, asked, (_, state) => given.push(state));
      return Promise.resolve();
    },
  };
  assert.equal((await restoreCheckpoint(fixture.run, 10, model, what)).step, 10);
}

describe('a checkpoint that is gone on from', () => {
  const values = Float32Array.of(1, 2);

  it('gives back parameters and moments', async (t) => {
    const given: ReadState[] = [];
    await restored(t, MOMENTS, given);
    const moments = { first: Float32Array.of(3, 4), second: Float32Array.of(5, 6) };
    assert.deepEqual(given, [{ values, moments }]);
  });

  it('gives back parameters alone where moments are not asked for, whatever these are', async (t) => {
    const given: ReadState[] = [];
    await restored(t, {}, given, { moments: false });
    assert.deepEqual(given, [{ values, moments: undefined }]);
  });

  const BROKEN: [string, Record<string, number[]>, string][] = [
    ['a moment is missing', { 'p.exp_avg': [3, 4] }, 'tensor "p.exp_avg_sq" is missing'],
    ['a moment has another shape', { ...MOMENTS, 'p.exp_avg': [3] }, 'tensor "p.exp_avg" is F32 [1]'],
  ];
  for (const [what, moments, message] of BROKEN) {
    it(`changes nothing where ${what}`, async (t) => {
      const given: ReadState[] = [];
      await expectInputRejection(restored(t, moments, given), message);
      assert.deepEqual(given, []);
    });
  }
});
