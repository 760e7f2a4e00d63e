import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readWeightFile } from '../../../src/node/model/weightFile';
import { rawSafetensors, writeRaw } from '../../support/rawSafetensors';
import { manifestOf } from '../../support/runFixture';
import { temporaryFolder } from '../../support/temporaryFolder';

const TENSORS = {
  'model.layers.0.mlp.up_proj.weight': [1, 2],
  'model.layers.1.mlp.up_proj.weight': [1, 2],
  'model.norm.weight': [1],
};

describe('readWeightFile', () => {
  it('marks the layers that the manifest beside the file names as added', async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'model.safetensors');
    writeRaw(file, TENSORS);
    const plain = await readWeightFile(file);
    assert.deepEqual(plain.facts.added, []);
    assert.ok(plain.rows.every(({ added }) => !added));
    writeFileSync(join(folder, 'adept-manifest.json'), JSON.stringify(manifestOf(1, [0])));
    const { facts, rows } = await readWeightFile(file);
    assert.deepEqual(facts.added, [{ layer: 1, source: 0 }]);
    assert.deepEqual(
      rows.map(({ name, added }) => [name, added]),
      [
        ['model.layers.0.mlp.up_proj.weight', false],
        ['model.layers.1.mlp.up_proj.weight', true],
        ['model.norm.weight', false],
      ],
    );
    assert.deepEqual(facts.problems, []);
    assert.equal(facts.tensors, 3);
  });

  it('says that the manifest is damaged and shows the file nevertheless', async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'model.safetensors');
    writeRaw(file, TENSORS);
    writeFileSync(join(folder, 'adept-manifest.json'), '{}');
    const { facts } = await readWeightFile(file);
    assert.equal(facts.tensors, 3);
    assert.equal(facts.problems.length, 1);
    assert.match(facts.problems[0] ?? '', /adept-manifest\.json: "format" is missing/);
  });

  it('gives metadata in the order of the file, and a damaged file what it still says', async (t) => {
    const file = join(temporaryFolder(t), 'x.safetensors');
    const header = {
      __metadata__: { z: '1', format: 'pt' },
      t: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    };
    writeFileSync(file, rawSafetensors(header, new Uint8Array(2)));
    const { facts, rows } = await readWeightFile(file);
    assert.deepEqual(facts.metadata, [
      { key: 'z', value: '1' },
      { key: 'format', value: 'pt' },
    ]);
    assert.match(rows[0]?.problem ?? '', /lie outside the 2 bytes/);
    assert.equal(facts.problems.length, 2);
  });
});
