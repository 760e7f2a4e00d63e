import type { StoredDtype } from './safetensorsHeader';

/** The types that weights are computed with, as config.json and PyTorch call them. */
export const FLOAT_TYPES = ['float32', 'bfloat16', 'float16'] as const;
export type FloatType = (typeof FLOAT_TYPES)[number];

/** The same as safetensors files call them. */
export type FloatDtype = 'F32' | 'BF16' | 'F16';

export const STORED_AS = {
  float32: 'F32',
  bfloat16: 'BF16',
  float16: 'F16',
} as const satisfies Readonly<Record<FloatType, FloatDtype>>;

/** What a stored type is called elsewhere; undefined for a type that no weight is computed with. */
export function floatTypeOf(dtype: StoredDtype): FloatType | undefined {
  return FLOAT_TYPES.find((type) => STORED_AS[type] === dtype);
}

/** The type that holds every value of these: neither of the two 16-bit types holds all of the other. */
export function widest(types: Iterable<FloatType>): FloatType | undefined {
  const [first, ...others] = new Set(types);
  return others.length === 0 ? first : 'float32';
}
