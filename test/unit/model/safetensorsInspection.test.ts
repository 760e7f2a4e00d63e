import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  inspectSafetensors,
  type SafetensorsInspection,
} from '../../../src/node/model/safetensorsInspection';
import { rawSafetensors } from '../../support/rawSafetensors';
import { temporaryFolder } from '../../support/temporaryFolder';

const SOUND = {
  __metadata__: { format: 'pt', note: 'é' },
  b: { dtype: 'BF16', shape: [2, 3], data_offsets: [8, 20] },
  a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
};

async function inspectBytes(t: TestContext, bytes: Uint8Array): Promise<SafetensorsInspection> {
  const file = join(temporaryFolder(t), 'x.safetensors');
  writeFileSync(file, bytes);
  return inspectSafetensors(file);
}

function names({ tensors }: SafetensorsInspection): string[] {
  return tensors.map(({ name }) => name);
}

describe('inspectSafetensors', () => {
  it('reads metadata and tensors of a sound file, in the order of their bytes', async (t) => {
    const bytes = rawSafetensors(SOUND, new Uint8Array(20));
    const headerBytes = bytes.length - 28;
    const found = await inspectBytes(t, bytes);
    assert.deepEqual(found, {
      fileBytes: bytes.length,
      headerBytes,
      metadata: { format: 'pt', note: 'é' },
      tensors: [
        { name: 'a', dtype: 'F32', shape: [2], byteOffset: 8 + headerBytes, byteLength: 8, problem: null },
        {
          name: 'b',
          dtype: 'BF16',
          shape: [2, 3],
          byteOffset: 16 + headerBytes,
          byteLength: 12,
          problem: null,
        },
      ],
      problems: [],
    });
  });

  it('shows every tensor of a file that was cut short, and which of them are not whole', async (t) => {
    const found = await inspectBytes(t, rawSafetensors(SOUND, new Uint8Array(19)));
    assert.deepEqual(names(found), ['a', 'b']);
    assert.equal(found.tensors[0]?.problem, null);
    assert.match(found.tensors[1]?.problem ?? '', /^its bytes 8 to 20 lie outside the 19 bytes of data/);
    assert.equal(found.tensors[1]?.byteLength, 12);
    assert.equal(found.metadata.format, 'pt');
    assert.equal(found.problems.length, 2);
    assert.match(found.problems[0] ?? '', /x\.safetensors: tensor "b": its bytes 8 to 20 lie outside/);
    assert.match(found.problems[1] ?? '', /^1 of the 2 tensors/);
  });

  it('shows what a header that was cut short names', async (t) => {
    const whole = rawSafetensors(SOUND);
    const cut = whole.subarray(0, whole.indexOf('"a"') + 10);
    const found = await inspectBytes(t, cut);
    assert.equal(found.headerBytes, whole.length - 8);
    assert.deepEqual(found.metadata, { format: 'pt', note: 'é' });
    assert.ok(names(found).includes('b'));
    assert.deepEqual(found.tensors.find(({ name }) => name === 'b')?.shape, [2, 3]);
    assert.match(
      found.problems[0] ?? '',
      new RegExp(`ends after ${cut.length - 8} of the ${whole.length - 8}`),
    );
    assert.match(found.tensors[0]?.problem ?? '', /lie outside the 0 bytes of data/);
  });

  it('reads on after a tensor that is wrong in itself', async (t) => {
    const found = await inspectBytes(
      t,
      rawSafetensors(
        {
          ...SOUND,
          odd: { dtype: 'F7', shape: [1], data_offsets: [20, 21] },
          worse: 'nothing',
          shape: { dtype: 'F32', shape: [3], data_offsets: [0, 8] },
        },
        new Uint8Array(21),
      ),
    );
    const problems = new Map(found.tensors.map(({ name, problem }) => [name, problem]));
    assert.equal(problems.get('a'), null);
    assert.match(problems.get('odd') ?? '', /^its dtype "F7" is not known/);
    assert.match(problems.get('worse') ?? '', /header field/);
    assert.match(problems.get('shape') ?? '', /^shape \[3\] in F32 takes 12 bytes, the file gives 8/);
    assert.equal(found.tensors.at(-1)?.name, 'worse');
    assert.match(found.problems[1] ?? '', /^3 of the 5 tensors/);
  });

  it('says what is wrong with the whole although each tensor is sound', async (t) => {
    const found = await inspectBytes(t, rawSafetensors(SOUND, new Uint8Array(25)));
    assert.deepEqual(found.problems.length, 1);
    assert.match(found.problems[0] ?? '', /5 bytes at its end belong to no tensor/);
    assert.deepEqual(names(found), ['a', 'b']);
  });

  it('says what is wrong with what is no safetensors file at all', async (t) => {
    const short = await inspectBytes(t, Uint8Array.of(1, 2, 3));
    assert.match(short.problems[0] ?? '', /3 bytes, not even the 8/);
    assert.deepEqual([short.fileBytes, short.headerBytes], [3, null]);
    const text = await inspectBytes(t, Buffer.from('PK is how an archive starts, for example.'));
    assert.match(text.problems[0] ?? '', /its first 8 bytes give a header of \d+ bytes/);
    const pointer = await inspectBytes(t, Buffer.from('version https://git-lfs.github.com/spec/v1\noid'));
    assert.match(pointer.problems[0] ?? '', /is a Git LFS pointer, not the weights/);
    const json = await inspectBytes(t, rawSafetensors('[1, 2]'));
    assert.match(json.problems[0] ?? '', /not a JSON object/);
    assert.deepEqual(json.tensors, []);
    const garbage = await inspectBytes(t, rawSafetensors('\u0000\u0001 not json'));
    assert.match(garbage.problems[0] ?? '', /is not JSON/);
  });

  it('says of a file that is gone, or is a folder, what it is', async (t) => {
    const folder = temporaryFolder(t);
    const gone = await inspectSafetensors(join(folder, 'gone.safetensors'));
    assert.match(gone.problems[0] ?? '', /gone\.safetensors: there is no such file/);
    mkdirSync(join(folder, 'dir.safetensors'));
    const directory = await inspectSafetensors(join(folder, 'dir.safetensors'));
    assert.match(directory.problems[0] ?? '', /dir\.safetensors: this is a folder/);
  });
});
