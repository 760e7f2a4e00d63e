import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs, {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { TensorStore, narrowFloat32 } from '../../../src/trainer/safetensors/safetensors';
import type { StoredDtype } from '../../../src/shared/model/safetensorsHeader';
import { sha256OfTensor } from '../../../src/trainer/safetensors/checksum';
import {
  type TensorSource,
  float32Source,
  storedSource,
  writeSafetensors,
  zeroSource,
} from '../../../src/trainer/safetensors/safetensorsWriter';
import { expectInputError } from '../../support/expectInputError';
import { rawSafetensors } from '../../support/rawSafetensors';
import { temporaryFolder } from '../../support/temporaryFolder';

const VALUES = Float32Array.of(0, -0, 1, -2.5, 65504, 2 ** -24, 3.140625, -1e-3);

function bytesSource(
  name: string,
  dtype: StoredDtype,
  shape: readonly number[],
  bytes: Uint8Array,
): TensorSource {
  return { name, dtype, shape, chunks: () => [bytes] };
}

/** A small file with a tensor of each kind that is read and written. */
function writeSample(t: TestContext): string {
  const file = join(temporaryFolder(t), 'sample.safetensors');
  writeSafetensors(
    file,
    [
      bytesSource('mask', 'BOOL', [3], Uint8Array.of(1, 0, 1)),
      float32Source('single', [2, 4], VALUES),
      bytesSource('half', 'F16', [8], narrowFloat32(VALUES, 'F16')),
      bytesSource('brain', 'BF16', [4, 2], narrowFloat32(VALUES, 'BF16')),
      zeroSource('zeros', 'BF16', [3, 5]),
      float32Source('empty', [0, 7], new Float32Array()),
      float32Source('scalar', [], Float32Array.of(7)),
    ],
    { format: 'pt', note: 'é' },
  );
  return file;
}

/** The first piece; the rest is never read. */
function firstOf(chunks: Iterable<Uint8Array>): Uint8Array {
  for (const chunk of chunks) {
    return chunk;
  }
  return assert.fail('no chunk');
}

describe('writeSafetensors', () => {
  it('lays the file out as the format says', (t) => {
    const file = join(temporaryFolder(t), 'a.safetensors');
    writeSafetensors(file, [
      bytesSource('b', 'U8', [3], Uint8Array.of(7, 8, 9)),
      float32Source('a', [1], Float32Array.of(1)),
    ]);
    const bytes = readFileSync(file);
    const headerBytes = Number(bytes.readBigUInt64LE(0));
    const header = bytes.toString('utf8', 8, 8 + headerBytes);
    assert.equal(headerBytes % 8, 0);
    assert.equal(
      header.trimEnd(),
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}',
    );
    assert.match(header.slice(header.trimEnd().length), /^ *$/);
    assert.deepEqual([...bytes.subarray(8 + headerBytes)], [0, 0, 0x80, 0x3f, 7, 8, 9]);
  });

  it('copies stored tensors byte for byte, under a new name where given', (t) => {
    const store = TensorStore.openFile(writeSample(t));
    const file = join(temporaryFolder(t), 'copy.safetensors');
    writeSafetensors(file, [storedSource(store, 'half', 'renamed'), storedSource(store, 'mask')]);
    const copy = TensorStore.openFile(file);
    assert.deepEqual([...copy.entries.keys()], ['renamed', 'mask']);
    assert.deepEqual(copy.readBytes('renamed'), store.readBytes('half'));
    assert.equal(sha256OfTensor(copy, 'mask'), sha256OfTensor(store, 'mask'));
    assert.deepEqual(copy.metadata, {});
    store.close();
    copy.close();
  });

  it('refuses names given twice and sources of the wrong size, and leaves no file', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'a.safetensors');
    const one = float32Source('a', [1], Float32Array.of(1));
    assert.throws(() => {
      writeSafetensors(file, [one, one]);
    }, /"a" twice/);
    assert.throws(() => {
      writeSafetensors(file, [float32Source('a', [2], Float32Array.of(1))]);
    }, /gave 4 bytes where its shape and dtype take 8/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('says that the disk is full, with the bytes needed, and removes what it wrote', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'model.safetensors');
    t.mock.method(fs, 'writeSync', () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    expectInputError(
      () => {
        writeSafetensors(file, [zeroSource('a', 'F32', [1000])]);
      },
      file,
      'no space left for its 4072 bytes',
      'free space',
    );
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('TensorStore', () => {
  it('gives types, shapes, values and metadata back', (t) => {
    const store = TensorStore.openFile(writeSample(t));
    assert.deepEqual(store.metadata, { format: 'pt', note: 'é' });
    assert.deepEqual(store.entries.get('single')?.shape, [2, 4]);
    assert.equal(store.entries.get('brain')?.dtype, 'BF16');
    assert.deepEqual(store.readFloat32('single'), VALUES);
    assert.ok(Object.is(store.readFloat32('single')[1], -0));
    assert.deepEqual(
      [...store.readFloat32('half')],
      [0, -0, 1, -2.5, 65504, 2 ** -24, 3.140625, -(1049 / 2 ** 20)],
    );
    assert.deepEqual(
      [...store.readFloat32('brain')],
      [0, -0, 1, -2.5, 65536, 2 ** -24, 3.140625, -0.00099945068359375],
    );
    assert.deepEqual(store.readFloat32('zeros'), new Float32Array(15));
    assert.equal(store.readFloat32('empty').length, 0);
    assert.deepEqual([...store.readFloat32('scalar')], [7]);
    assert.deepEqual([...store.readBytes('mask')], [1, 0, 1]);
    store.close();
  });

  it('reads in pieces what chunks() and short reads cut up', (t) => {
    const file = join(temporaryFolder(t), 'a.safetensors');
    const values = Float32Array.from({ length: 1001 }, (_, index) => index / 8);
    writeSafetensors(file, [
      float32Source('a', [1001], values),
      bytesSource('b', 'BF16', [1001], narrowFloat32(values.map(Math.round), 'BF16')),
    ]);
    const store = TensorStore.openFile(file);
    const pieces = [...store.chunks('a', 1000)];
    assert.deepEqual(
      pieces.map((piece) => piece.length),
      [1000, 1000, 1000, 1000, 4],
    );
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(values.buffer));
    const read = fs.readSync;
    const short = t.mock.method(
      fs,
      'readSync',
      (fd: number, target: Uint8Array, offset: number, length: number, position: number) =>
        read(fd, target, offset, Math.min(length, 7), position),
    );
    assert.deepEqual(store.readFloat32('a'), values);
    assert.equal(store.readFloat32('b')[999], 125);
    assert.ok(short.mock.callCount() > 800);
    store.close();
  });

  it('reads tensors that lie beyond 4 GB, by their offset', (t) => {
    const file = join(temporaryFolder(t), 'large.safetensors');
    const hole = 5_000_000_000;
    const header = rawSafetensors({
      hole: { dtype: 'U8', shape: [hole], data_offsets: [0, hole] },
      far: { dtype: 'F32', shape: [2], data_offsets: [hole, hole + 8] },
    });
    const handle = openSync(file, 'w');
    writeSync(handle, header);
    // The file system keeps no blocks for the hole.
    ftruncateSync(handle, header.length + hole + 8);
    writeSync(handle, new Uint8Array(Float32Array.of(1.5, -2).buffer), 0, 8, header.length + hole);
    closeSync(handle);
    const store = TensorStore.openFile(file);
    assert.deepEqual([...store.readFloat32('far')], [1.5, -2]);
    assert.equal([...firstOf(store.chunks('hole', 10))].length, 10);
    store.close();
  });

  it('names file, tensor and dtype of what cannot be read as float32', (t) => {
    const file = writeSample(t);
    const store = TensorStore.openFile(file);
    expectInputError(() => store.readFloat32('mask'), file, '"mask"', 'BOOL', 'convert');
    expectInputError(() => store.readFloat32('nope'), file, '"nope"', 'missing');
    assert.throws(() => storedSource(store, 'nope'), /"nope"/);
    store.close();
    assert.throws(() => store.readBytes('mask'), /closed/);
  });

  it('notices that the file was cut short after opening', (t) => {
    const file = writeSample(t);
    const store = TensorStore.openFile(file);
    fs.truncateSync(file, fs.statSync(file).size - 40);
    expectInputError(() => store.readFloat32('zeros'), file, '"zeros"', 'cut short');
    store.close();
  });

  it('says that there is no memory instead of failing anyhow', (t) => {
    const file = join(temporaryFolder(t), 'large.safetensors');
    const size = 2 ** 46;
    const header = rawSafetensors({ a: { dtype: 'U8', shape: [size], data_offsets: [0, size] } });
    writeFileSync(file, header);
    const stat = fs.fstatSync;
    t.mock.method(fs, 'fstatSync', (fd: number) => Object.assign(stat(fd), { size: header.length + size }));
    const store = TensorStore.openFile(file);
    assert.throws(() => store.readBytes('a'), {
      name: 'AdeptError',
      exitStatus: 1,
      message: /"a": no memory left/,
    });
    store.close();
  });
});

describe('the checksum of a tensor', () => {
  it('is that of its bytes', (t) => {
    const file = writeSample(t);
    const store = TensorStore.openFile(file);
    const expected = createHash('sha256').update(narrowFloat32(VALUES, 'F16')).digest('hex');
    assert.equal(sha256OfTensor(store, 'half'), expected);
    store.close();
  });
});
