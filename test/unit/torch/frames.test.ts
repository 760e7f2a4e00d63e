import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeFrame, FrameReader, type Frame } from '../../../src/trainer/torch/wire/frames';
import { WireError } from '../../../src/trainer/torch/wire/wireError';

const ARRAYS = {
  tokens: { values: Int32Array.of(1, -2, 3, 4, 5, 6), shape: [2, 3] },
  losses: { values: Float32Array.of(0.5, NaN, Infinity), shape: [3] },
  sums: { values: Float64Array.of(Math.PI), shape: [1, 1] },
  none: { values: new Float32Array(0), shape: [0] },
};

function bytesOf(...args: Parameters<typeof encodeFrame>): Buffer {
  return Buffer.concat(encodeFrame(...args));
}

/** A frame with a header of any text. */
function rawFrame(text: string): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([prefix, Buffer.from(text)]);
}

function assertWhole({ header, arrays }: Frame | undefined = { header: {}, arrays: new Map() }): void {
  assert.deepEqual(header, { kind: 'x', text: 'α' });
  assert.deepEqual(Object.fromEntries(arrays), ARRAYS);
}

describe('frames', () => {
  it('are the length of a header, the header, and its arrays one after the other', () => {
    const bytes = bytesOf({ kind: 'x' }, { a: { values: Int32Array.of(258), shape: [1] } });
    const header = '{"kind":"x","arrays":[{"name":"a","dtype":"int32","shape":[1]}]}';
    assert.equal(bytes.readUInt32LE(), header.length);
    assert.equal(bytes.subarray(4, 4 + header.length).toString(), header);
    assert.deepEqual([...bytes.subarray(4 + header.length)], [2, 1, 0, 0]);
  });

  it('are read again whatever pieces they come in, to the bit', () => {
    const bytes = bytesOf({ kind: 'x', text: 'α' }, ARRAYS);
    const twice = Buffer.concat([bytes, bytes]);
    for (const size of [1, 3, 7, 64, bytes.length, bytes.length + 1, twice.length]) {
      const reader = new FrameReader();
      const frames: Frame[] = [];
      for (let at = 0; at < twice.length; at += size) {
        frames.push(...reader.read(twice.subarray(at, at + size)));
      }
      assert.equal(frames.length, 2, `pieces of ${size}`);
      frames.forEach(assertWhole);
    }
  });

  it('send what an array shows of its memory, and nothing beside it', () => {
    const values = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const [frame] = new FrameReader().read(bytesOf({}, { part: { values, shape: [2] } }));
    assert.deepEqual([...(frame?.arrays.get('part')?.values ?? [])], [2, 3]);
  });

  it('are refused when they are too long, before anything is kept', () => {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32LE(2 ** 20 + 1);
    assert.throws(() => new FrameReader().read(prefix), /1048577 bytes, where 1048576 are allowed/);
    const large = '{"arrays":[{"name":"a","dtype":"float64","shape":[134217728]}]}';
    assert.throws(() => new FrameReader().read(rawFrame(large)), /1073741824 bytes of arrays/);
    assert.throws(() => encodeFrame({ text: 'x'.repeat(2 ** 20) }), /use a smaller batch/);
  });

  it('are refused when they are none, with what is wrong', () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['{', /a header that is not JSON/],
      ['null', /a header whose content is wrong/],
      ['{"kind":"x"}', /a header whose arrays is wrong/],
      ['{"arrays":[{"name":"a","dtype":"int8","shape":[1]}]}', /a header whose arrays\.0\.dtype is wrong/],
      ['{"arrays":[{"name":"a","dtype":"int32","shape":[-1]}]}', /arrays\.0\.shape\.0 is wrong/],
      ['{"arrays":[{"name":"a","dtype":"int32","shape":[1],"more":1}]}', /arrays\.0\.more is wrong/],
      [
        `{"arrays":[${Array(2).fill('{"name":"a","dtype":"int32","shape":[0]}').join()}]}`,
        /the array "a" twice/,
      ],
    ];
    for (const [text, why] of wrong) {
      assert.throws(
        () => new FrameReader().read(rawFrame(text)),
        (error) => error instanceof WireError && why.test(error.message),
        text,
      );
    }
  });
});
