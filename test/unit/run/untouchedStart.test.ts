import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { readTrained, writeUntrained, type ReadState } from '../../../src/trainer/checkpoint/trainedFiles';
import { writeRaw } from '../../support/rawSafetensors';
import { temporaryFolder } from '../../support/temporaryFolder';

it('the state before the first step has the weights of the model, and moments of zero', (t) => {
  const folder = join(temporaryFolder(t), 'model');
  mkdirSync(folder);
  writeRaw(join(folder, 'model.safetensors'), { first: [1, 2, 3], second: [4, 5] });
  const saved = temporaryFolder(t);
  const tensors = [{ name: 'second', shape: [2] }];
  writeUntrained(saved, tensors, folder);
  const read: ReadState[] = [];
  readTrained(saved, tensors, { moments: true }, (_, state) => read.push(state));
  const zeros = Float32Array.of(0, 0);
  assert.deepEqual(read, [{ values: Float32Array.of(4, 5), moments: { first: zeros, second: zeros } }]);
});
