/** The 16-bit floating point formats of checkpoints: IEEE half precision, and the upper half of a float32. */
export type HalfDtype = 'F16' | 'BF16';

const SIGN = 0x8000;
const QUIET = 0x200;
const F16_INFINITY = 0x7c00;
const BF16_QUIET = 0x40;

let float16Bits: Uint32Array | undefined;

/**
 * Upcasts 16-bit values exactly, NaN payloads included.
 * @param bits the stored values
 * @param out as long as `bits`
 */
export function upcast(bits: Uint16Array, dtype: HalfDtype, out: Float32Array): void {
  // Written as integers, because moving a signalling NaN through a float register changes it.
  const target = new Uint32Array(out.buffer, out.byteOffset, out.length);
  if (dtype === 'BF16') {
    for (let i = 0; i < bits.length; i++) {
      target[i] = (bits[i] ?? 0) << 16;
    }
    return;
  }
  float16Bits ??= Uint32Array.from({ length: 0x10000 }, (_, half) => float16ToFloat32Bits(half));
  for (let i = 0; i < bits.length; i++) {
    target[i] = float16Bits[bits[i] ?? 0] ?? 0;
  }
}

/**
 * Narrows to 16 bits, to the nearest value and ties to even, as IEEE 754 rounds; too large becomes infinite.
 * @returns as long as `values`
 */
export function narrow(values: Float32Array, dtype: HalfDtype): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  const convert = dtype === 'BF16' ? float32BitsToBfloat16 : float32BitsToFloat16;
  for (let i = 0; i < source.length; i++) {
    out[i] = convert(source[i] ?? 0);
  }
  return out;
}

function float16ToFloat32Bits(half: number): number {
  const sign = (half & SIGN) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) {
    return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  }
  if (exponent !== 0) {
    return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  }
  if (fraction === 0) {
    return sign >>> 0;
  }
  // Subnormal: fraction · 2^-24; shift until its leading one takes the hidden bit's position.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

function float32BitsToBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) {
    return (bits >>> 16) | BF16_QUIET;
  }
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function float32BitsToFloat16(bits: number): number {
  const sign = (bits >>> 16) & SIGN;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    return sign | F16_INFINITY | QUIET | ((magnitude >>> 13) & 0x3ff);
  }
  // 65520 lies half way between the largest half (65504) and the next power of two: it and all above round up.
  if (magnitude >= 0x477ff000) {
    return sign | F16_INFINITY;
  }
  // From 2^-14 on the result is normal: take 112 from the exponent, and let a carry out of the fraction raise it.
  if (magnitude >= 0x38800000) {
    return sign | roundedShift(magnitude - (112 << 23), 13);
  }
  const exponent = magnitude >>> 23;
  // Below 2^-25 everything is nearer to zero than to the smallest subnormal, 2^-24.
  if (exponent < 102) {
    return sign;
  }
  return sign | roundedShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** `value / 2^shift` to the nearest integer, ties to even. */
function roundedShift(value: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const odd = (value >>> shift) & 1;
  return (value + half - 1 + odd) >>> shift;
}
