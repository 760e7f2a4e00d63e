import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { TensorStore } from '../../../src/trainer/safetensors/safetensors';
import { expectInputError } from '../../support/expectInputError';
import { rawSafetensors, writeRaw } from '../../support/rawSafetensors';
import { temporaryFolder } from '../../support/temporaryFolder';

const F32 = (shape: number[], begin: number, end: number): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});
const EIGHT = new Uint8Array(8);

/** [what is wrong, the file, what the sentence has to say] */
const BROKEN_FILES: [string, Uint8Array, string[]][] = [
  ['empty', new Uint8Array(), ['not a complete safetensors file', 'download']],
  ['cut within the length', Uint8Array.of(1, 0, 0), ['not a complete safetensors file']],
  [
    'cut within the header',
    rawSafetensors({ a: F32([2], 0, 8) }).subarray(0, 30),
    ['not a complete safetensors file'],
  ],
  ['header longer than the file', Buffer.from('ffffff0000000000', 'hex'), ['header of 16777215 bytes']],
  ['header of 2^64 bytes', Buffer.alloc(100, 0xff), ['not a complete safetensors file']],
  ['no JSON', rawSafetensors('{"a":'), ['header is not JSON']],
  [
    'no UTF-8',
    Buffer.concat([
      rawSafetensors('{"xx":1}').subarray(0, 10),
      Buffer.from([0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    ]),
    ['header is not JSON'],
  ],
  ['a list', rawSafetensors([1]), ['not a JSON object']],
  ['null', rawSafetensors('null'), ['not a JSON object']],
  ['deep nesting', rawSafetensors(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), ['"a"', '"dtype"']],
  ['entry of the wrong kind', rawSafetensors({ a: 5 }), ['"a"', '"entry"']],
  ['no dtype', rawSafetensors({ a: { shape: [2], data_offsets: [0, 8] } }, EIGHT), ['"a"', '"dtype"']],
  [
    'unknown dtype',
    rawSafetensors({ a: { ...F32([2], 0, 8), dtype: 'F12' } }, EIGHT),
    ['"a"', '"F12"', 'convert'],
  ],
  [
    'dtype of Object',
    rawSafetensors({ a: { ...F32([2], 0, 8), dtype: 'toString' } }, EIGHT),
    ['"a"', '"toString"'],
  ],
  ['shape of texts', rawSafetensors({ a: { ...F32([2], 0, 8), shape: ['2'] } }, EIGHT), ['"a"', '"shape.0"']],
  ['negative shape', rawSafetensors({ a: F32([-2], 0, 8) }, EIGHT), ['"a"', '"shape.0"']],
  ['fractional shape', rawSafetensors({ a: F32([0.5, 4], 0, 8) }, EIGHT), ['"a"', '"shape.0"']],
  [
    'three offsets',
    rawSafetensors({ a: { ...F32([2], 0, 8), data_offsets: [0, 8, 8] } }, EIGHT),
    ['"a"', '"data_offsets'],
  ],
  ['negative offset', rawSafetensors({ a: F32([2], -8, 0) }, EIGHT), ['"a"', '"data_offsets.0"']],
  ['an unknown field', rawSafetensors({ a: { ...F32([2], 0, 8), scale: 1 } }, EIGHT), ['"a"', '"scale"']],
  [
    'shape and bytes differ',
    rawSafetensors({ a: F32([3], 0, 8) }, EIGHT),
    ['"a"', 'takes 12 bytes', 'gives 8'],
  ],
  [
    'a shape beyond all numbers',
    rawSafetensors({ a: F32([2 ** 40, 2 ** 40], 0, 8) }, EIGHT),
    ['"a"', 'gives 8'],
  ],
  ['cut within the data', rawSafetensors({ a: F32([3], 0, 12) }, EIGHT), ['"a"', 'outside the 8 bytes']],
  ['offsets the wrong way round', rawSafetensors({ a: F32([2], 8, 0) }, EIGHT), ['"a"', 'outside']],
  ['bytes behind the last tensor', rawSafetensors({ a: F32([1], 0, 4) }, EIGHT), ['4 bytes at its end']],
  ['a gap', rawSafetensors({ a: F32([1], 4, 8) }, EIGHT), ['"a"', 'gap']],
  ['an overlap', rawSafetensors({ a: F32([2], 0, 8), b: F32([1], 4, 8) }, EIGHT), ['"b"', 'overlaps']],
  [
    'a tensor twice',
    rawSafetensors(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      EIGHT.subarray(4),
    ),
    ['"a" twice'],
  ],
  [
    'metadata that is no map',
    rawSafetensors({ __metadata__: [1], a: F32([2], 0, 8) }, EIGHT),
    ['"__metadata__"'],
  ],
  [
    'metadata that is no text',
    rawSafetensors({ __metadata__: { x: 1 }, a: F32([2], 0, 8) }, EIGHT),
    ['"__metadata__"'],
  ],
];

describe('a broken safetensors file', () => {
  for (const [what, bytes, parts] of BROKEN_FILES) {
    it(what, (t) => {
      const file = join(temporaryFolder(t), 'model.safetensors');
      writeFileSync(file, bytes);
      expectInputError(() => TensorStore.openFile(file), file, ...parts);
    });
  }

  it('missing, or a folder', (t) => {
    const folder = temporaryFolder(t);
    expectInputError(
      () => TensorStore.openFile(join(folder, 'no.safetensors')),
      'no.safetensors',
      'no such file',
    );
    expectInputError(() => TensorStore.openFile(folder), folder, 'folder');
  });

  it('with a header beyond the limit', (t) => {
    const file = join(temporaryFolder(t), 'model.safetensors');
    writeFileSync(file, rawSafetensors(`{}${' '.repeat(100_000_000)}`));
    expectInputError(() => TensorStore.openFile(file), file, 'header of 100000002 bytes');
  });
});

/** A folder of two shards: a, b in the first, c in the second. */
function shardedFolder(t: TestContext, index?: unknown): string {
  const folder = temporaryFolder(t);
  writeRaw(join(folder, 'model-00001-of-00002.safetensors'), { a: [1], b: [2, 3] });
  writeRaw(join(folder, 'model-00002-of-00002.safetensors'), { c: [4] });
  const weights = {
    a: 'model-00001-of-00002.safetensors',
    b: 'model-00001-of-00002.safetensors',
    c: 'model-00002-of-00002.safetensors',
  };
  const content =
    typeof index === 'string' ? index : JSON.stringify(index ?? { metadata: {}, weight_map: weights });
  writeFileSync(join(folder, 'model.safetensors.index.json'), content);
  return folder;
}

describe('the weights of a folder', () => {
  it('are read from shards', (t) => {
    const store = TensorStore.open(shardedFolder(t));
    assert.deepEqual([...store.entries.keys()].sort(), ['a', 'b', 'c']);
    assert.deepEqual([...store.readFloat32('b'), ...store.readFloat32('c')], [2, 3, 4]);
    assert.equal(store.files.length, 2);
    store.close();
  });

  it('are read from one file', (t) => {
    const folder = temporaryFolder(t);
    writeRaw(join(folder, 'model.safetensors'), { a: [5] });
    const store = TensorStore.open(folder);
    assert.deepEqual([...store.readFloat32('a')], [5]);
    store.close();
  });

  const second = 'model-00002-of-00002.safetensors';
  const first = 'model-00001-of-00002.safetensors';
  const INDEXES: [string, unknown, string[]][] = [
    ['no JSON', '{', ['index.json', 'not JSON']],
    ['no object', '[]', ['"weight_map"']],
    ['without a map', {}, ['"weight_map"']],
    ['with an empty map', { weight_map: {} }, ['"weight_map"']],
    ['that leads elsewhere', { weight_map: { a: '../model.safetensors' } }, ['../model.safetensors', '"a"']],
    ['with an absolute path', { weight_map: { a: '/etc/model.safetensors' } }, ['/etc/', '"a"']],
    ['with a backslash', { weight_map: { a: '..\\model.safetensors' } }, ['"a"']],
    ['with a number', { weight_map: { a: 1 } }, ['"a"', '1']],
    ['with another kind of file', { weight_map: { a: 'pytorch_model.bin' } }, ['"a"', 'pytorch_model.bin']],
    [
      'with a missing shard',
      { weight_map: { a: first, b: first, c: 'model-3.safetensors' } },
      ['model-3.safetensors', 'missing'],
    ],
    [
      'with a tensor too many',
      { weight_map: { a: first, b: first, c: second, d: second } },
      ['"d"', second, 'lacks'],
    ],
    [
      'with a tensor in the wrong shard',
      { weight_map: { a: first, b: second, c: second } },
      ['"b"', second, first],
    ],
    ['with a tensor too few', { weight_map: { a: first, c: second } }, ['"b"', first, 'does not list']],
    ['with a shard too few', { weight_map: { a: first, b: first } }, [second, 'does not list']],
    [
      'with a name twice',
      `{"weight_map":{"a":"${first}","a":"${first}","b":"${first}","c":"${second}"}}`,
      ['"a" twice'],
    ],
  ];
  for (const [what, index, parts] of INDEXES) {
    it(`with an index ${what}`, (t) => {
      const folder = shardedFolder(t, index);
      expectInputError(() => TensorStore.open(folder), folder, ...parts);
    });
  }

  it('that hold a tensor in two shards', (t) => {
    const folder = shardedFolder(t);
    writeRaw(join(folder, second), { c: [4], a: [1] });
    expectInputError(() => TensorStore.open(folder), first, second, '"a"');
  });

  it('without the index of the shards', (t) => {
    const folder = shardedFolder(t);
    rmSync(join(folder, 'model.safetensors.index.json'));
    expectInputError(() => TensorStore.open(folder), folder, first, 'index.json');
    writeRaw(join(folder, 'model.safetensors'), { a: [1] });
    expectInputError(() => TensorStore.open(folder), folder, first, 'remove');
  });

  it('in another format', (t) => {
    const folder = temporaryFolder(t);
    expectInputError(() => TensorStore.open(folder), folder, 'model.safetensors');
    for (const name of ['pytorch_model.bin', 'model.Q4.gguf', 'pytorch_model-00001-of-00002.bin']) {
      writeFileSync(join(folder, name), '');
      expectInputError(() => TensorStore.open(folder), folder, name, 'convert');
      rmSync(join(folder, name));
    }
    writeFileSync(join(folder, 'weights.safetensors'), '');
    expectInputError(() => TensorStore.open(folder), folder, 'weights.safetensors', 'rename');
  });

  it('of a folder that is missing, or a file', (t) => {
    const folder = temporaryFolder(t);
    expectInputError(
      () => TensorStore.open(join(folder, 'no')),
      join(folder, 'no'),
      'no such file or folder',
    );
    writeFileSync(join(folder, 'file'), '');
    expectInputError(() => TensorStore.open(join(folder, 'file')), join(folder, 'file'), 'model folder');
    mkdirSync(join(folder, 'model.safetensors'));
    expectInputError(() => TensorStore.open(folder), join(folder, 'model.safetensors'), 'folder');
  });
});
