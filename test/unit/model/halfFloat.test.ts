import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HalfDtype, narrow, upcast } from '../../../src/trainer/safetensors/halfFloat';
import { seededRandom } from '../../../src/shared/common/random';

const ALL = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

function upcastAll(dtype: HalfDtype): Float32Array {
  const out = new Float32Array(ALL.length);
  upcast(ALL, dtype, out);
  return out;
}

/** The value of 16 bits by the definition of the format, as a double. */
function byDefinition(bits: number, fractionBits: number): number {
  const exponentBits = 15 - fractionBits;
  const sign = bits >>> 15 === 1 ? -1 : 1;
  const exponent = (bits >>> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** Interesting float32 values: every neighbourhood of a 16-bit value and of the middle between two, and random bits. */
function samples(dtype: HalfDtype): Float32Array {
  const random = seededRandom(11);
  const bits: number[] = [];
  const around = new Uint32Array(upcastAll(dtype).buffer);
  const half = dtype === 'BF16' ? 0x8000 : 0x1000;
  for (const value of around) {
    for (const offset of [-half, -1, 0, 1, half - 1, half, half + 1]) {
      bits.push((value + offset) >>> 0);
    }
  }
  for (let i = 0; i < 50_000; i++) {
    bits.push(Math.floor(random() * 2 ** 32));
  }
  return new Float32Array(Uint32Array.from(bits).buffer);
}

for (const [dtype, fractionBits] of [
  ['F16', 10],
  ['BF16', 7],
] as const) {
  describe(dtype, () => {
    it('upcasts all 65536 values as the format defines them', () => {
      const values = upcastAll(dtype);
      for (const [bits, value] of values.entries()) {
        assert.ok(Object.is(value, byDefinition(bits, fractionBits)), `bits ${bits}: ${value}`);
      }
    });

    it('keeps every number when narrowed again', () => {
      const values = upcastAll(dtype);
      for (const [bits, again] of narrow(values, dtype).entries()) {
        if (!Number.isNaN(values[bits])) {
          assert.equal(again, bits);
        }
      }
    });

    it('narrows to the nearest value, ties to even, and keeps NaN', () => {
      const values = samples(dtype);
      const narrowed = narrow(values, dtype);
      const largest = byDefinition(dtype === 'F16' ? 0x7bff : 0x7f7f, fractionBits);
      const overflow = byDefinition(dtype === 'F16' ? 0x7bfe : 0x7f7e, fractionBits);
      for (const [index, value] of values.entries()) {
        const bits = narrowed[index] ?? 0;
        const result = byDefinition(bits, fractionBits);
        if (Number.isNaN(value)) {
          assert.ok(Number.isNaN(result));
          continue;
        }
        const size = Math.abs(value);
        // Half a step beyond the largest number lies the border to infinity, itself included.
        if (size >= largest + (largest - overflow) / 2) {
          assert.equal(result, Math.sign(value) * Number.POSITIVE_INFINITY);
          continue;
        }
        assert.equal(
          Object.is(result, -0) || result < 0,
          Object.is(value, -0) || value < 0,
          `sign of ${value}`,
        );
        const magnitude = bits & 0x7fff;
        const distance = Math.abs(size - Math.abs(result));
        for (const other of [magnitude - 1, magnitude + 1].filter((candidate) => candidate >= 0)) {
          const away = Math.abs(size - byDefinition(other, fractionBits));
          assert.ok(
            distance < away || (distance === away && magnitude % 2 === 0),
            `${value} became ${result}`,
          );
        }
      }
    });
  });
}
