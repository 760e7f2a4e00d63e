import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readJson } from '../../../src/node/files/jsonFile';
import { convertedSource, Rounding } from '../../../src/trainer/safetensors/convertedSource';
import { writeModelWeights } from '../../../src/trainer/safetensors/modelWriter';
import { TensorStore } from '../../../src/trainer/safetensors/safetensors';
import {
  float32Source,
  writeSafetensors,
  zeroSource,
} from '../../../src/trainer/safetensors/safetensorsWriter';
import { Cancelled, SILENT_TASK } from '../../../src/trainer/task';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';

const TENSORS = [
  float32Source('b', [3], Float32Array.of(1, 2, 3)),
  zeroSource('a', 'BF16', [4]),
  float32Source('large', [10], new Float32Array(10).fill(0.5)),
  float32Source('c', [1], Float32Array.of(-1)),
];

describe('the weights of a model', () => {
  it('are one file where they fit, and say that they are for PyTorch whatever the source said', async (t) => {
    const folder = temporaryFolder(t);
    await writeModelWeights(folder, TENSORS, { format: 'mlx', note: 'kept' }, SILENT_TASK, 64);
    assert.deepEqual(readdirSync(folder), ['model.safetensors']);
    const store = TensorStore.open(folder);
    assert.deepEqual(store.metadata, { format: 'pt', note: 'kept' });
    assert.deepEqual([...store.readFloat32('large')], [...new Float32Array(10).fill(0.5)]);
    store.close();
  });

  it('are shards with an index where they do not, in the given order', async (t) => {
    const folder = temporaryFolder(t);
    const said: string[] = [];
    const task = { report: (_: number, message: string) => void said.push(message) };
    await writeModelWeights(folder, TENSORS, {}, task, 20);
    const name = (part: number): string => `model-0000${part}-of-00003.safetensors`;
    assert.deepEqual(readdirSync(folder).sort(), [name(1), name(2), name(3), 'model.safetensors.index.json']);
    assert.deepEqual(
      said,
      [1, 2, 3].map((part) => `writing ${name(part)}`),
    );
    assert.deepEqual(readJson(join(folder, 'model.safetensors.index.json')), {
      metadata: { total_size: 64 },
      weight_map: { a: name(1), b: name(1), c: name(3), large: name(2) },
    });
    for (const part of [1, 2, 3]) {
      assert.ok(readFileSync(join(folder, name(part)), 'latin1').includes('{"format":"pt"}'));
    }
    // Reading checks every tensor against the index.
    const store = TensorStore.open(folder);
    assert.deepEqual([...store.readFloat32('b'), ...store.readFloat32('c')], [1, 2, 3, -1]);
    store.close();
  });

  it('are cancelled between two files', async (t) => {
    const folder = temporaryFolder(t);
    const abort = new AbortController();
    const report = (fraction: number): void => {
      if (fraction > 0) {
        abort.abort();
      }
    };
    await assert.rejects(
      writeModelWeights(folder, TENSORS, {}, { report, signal: abort.signal }, 20),
      Cancelled,
    );
    assert.deepEqual(readdirSync(folder), ['model-00001-of-00003.safetensors']);
  });
});

describe('a tensor in another type', () => {
  const write = (folder: string, values: Float32Array): TensorStore => {
    const file = join(folder, 'a.safetensors');
    writeSafetensors(file, [float32Source('a', [values.length], values)]);
    return TensorStore.openFile(file);
  };

  it('is rounded to the nearest value and ties to even, and what changed is counted', (t) => {
    const bits = Uint32Array.of(0x3f80_0000, 0x3f80_8000, 0x3f81_8000, 0x3f80_8001, 0xbf80_7fff, 0x0000_8001);
    const store = write(temporaryFolder(t), new Float32Array(bits.buffer));
    const rounding = new Rounding();
    const source = convertedSource(store, 'a', { dtype: 'BF16', rounding, label: '--dtype' });
    const [bytes = assert.fail()] = source.chunks();
    const stored = new Uint16Array(bytes.buffer, bytes.byteOffset, bits.length);
    assert.deepEqual([...stored], [0x3f80, 0x3f80, 0x3f82, 0x3f81, 0xbf80, 0x0001]);
    assert.equal(rounding.changed, 5);
    store.close();
  });

  it('is scaled before it is rounded, in pieces, and upcast exactly', (t) => {
    const folder = temporaryFolder(t);
    const count = 2 ** 21 + 3;
    const store = write(
      folder,
      Float32Array.from({ length: count }, (_, at) => at % 512),
    );
    const halved = new Rounding();
    const label = '--dtype';
    const half = join(folder, 'half.safetensors');
    const scale = (value: number): number => value / 2;
    writeSafetensors(half, [convertedSource(store, 'a', { dtype: 'F16', scale, rounding: halved, label })]);
    const narrow = TensorStore.openFile(half);
    assert.equal(halved.changed, 0);
    assert.equal(narrow.entry('a').dtype, 'F16');
    const upcast = new Rounding();
    const wide = join(folder, 'wide.safetensors');
    writeSafetensors(wide, [convertedSource(narrow, 'a', { dtype: 'F32', rounding: upcast, label })]);
    const back = TensorStore.openFile(wide).readFloat32('a');
    assert.ok(back.every((value, at) => value === (at % 512) / 2));
    assert.deepEqual([back.length, upcast.changed], [count, 0]);
    store.close();
    narrow.close();
  });

  it('is refused where the type has no such number', (t) => {
    const store = write(temporaryFolder(t), Float32Array.of(1, 70_000));
    const source = convertedSource(store, 'a', { dtype: 'F16', rounding: new Rounding(), label: '--dtype' });
    expectInputError(() => [...source.chunks()], '--dtype: float16', '"a"', 'choose float32');
    store.close();
  });
});
