import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Parameter } from '../../../src/trainer/tfjs/tuning/parameters';
import type { ParameterState, Tuner } from '../../../src/trainer/tfjs/tuning/tuner';
import { restoreCheckpoint } from '../../../src/trainer/checkpoint/checkpoint';
import { expectInputError } from '../../support/expectInputError';
import { writeRaw } from '../../support/rawSafetensors';
import { RunFixture } from '../../support/runFixture';
import { temporaryFolder } from '../../support/temporaryFolder';

const MOMENTS = { 'p.exp_avg': [3, 4], 'p.exp_avg_sq': [5, 6] };

/** Restores a checkpoint with these moments of a parameter of two values; `given` is what the tuner gets. */
function restored(
  t: TestContext,
  moments: Readonly<Record<string, number[]>>,
  given: ParameterState[],
): void {
  const fixture = new RunFixture(temporaryFolder(t));
  const folder = fixture.checkpoint(10);
  writeRaw(join(folder, 'delta.safetensors'), { p: [1, 2] });
  writeRaw(join(folder, 'optimizer.safetensors'), moments);
  // All that is asked of a tuner.
  const tuner = {
    parameters: [{ name: 'p', shape: [2] } as unknown as Parameter],
    restore: (_: Parameter, state: ParameterState) => given.push(state),
  };
  assert.equal(restoreCheckpoint(fixture.run, 10, tuner as unknown as Tuner).step, 10);
}

describe('a checkpoint that is gone on from', () => {
  it('gives back parameters and moments', (t) => {
    const given: ParameterState[] = [];
    restored(t, MOMENTS, given);
    const [first, second] = [MOMENTS['p.exp_avg'], MOMENTS['p.exp_avg_sq']].map((values) =>
      Float32Array.from(values),
    );
    assert.deepEqual(given, [{ values: Float32Array.of(1, 2), first, second }]);
  });

  const BROKEN: [string, Record<string, number[]>, string][] = [
    ['a moment is missing', { 'p.exp_avg': [3, 4] }, 'tensor "p.exp_avg_sq" is missing'],
    ['a moment has another shape', { ...MOMENTS, 'p.exp_avg': [3] }, 'tensor "p.exp_avg" is F32 [1]'],
  ];
  for (const [what, moments, message] of BROKEN) {
    it(`changes nothing where ${what}`, (t) => {
      const given: ParameterState[] = [];
      expectInputError(() => {
        restored(t, moments, given);
      }, message);
      assert.deepEqual(given, []);
    });
  }
});
