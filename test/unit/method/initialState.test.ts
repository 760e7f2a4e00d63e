import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Parameter } from '../../../src/trainer/tfjs/tuning/parameters';
import { withInitialState } from '../../../src/trainer/jobs/tune/initialState';
import { writeRaw } from '../../support/rawSafetensors';
import { temporaryFolder } from '../../support/temporaryFolder';

it('the state before the first step has the weights of the model, and moments of zero', (t) => {
  const folder = join(temporaryFolder(t), 'model');
  mkdirSync(folder);
  writeRaw(join(folder, 'model.safetensors'), { first: [1, 2, 3], second: [4, 5] });
  // All that is asked of a parameter.
  const second = { name: 'second', shape: [2] } as unknown as Parameter;
  let calls = 0;
  withInitialState(folder, (read) => {
    calls += 1;
    assert.deepEqual([...read(second, 'values')], [4, 5]);
    assert.deepEqual([...read(second, 'first')], [0, 0]);
    assert.deepEqual([...read(second, 'second')], [0, 0]);
  });
  assert.equal(calls, 1);
});
