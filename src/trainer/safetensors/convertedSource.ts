import { inputError } from '../../shared/common/errors';
import { floatTypeOf, type FloatDtype } from '../../shared/model/floatType';
import { narrowFloat32, requireReadable, upcastToFloat32, type TensorStore } from './safetensors';
import { storedSource, type TensorSource } from './safetensorsWriter';

/** Counts what was lost of the tensors that were written in another type. */
export class Rounding {
  /** Values that are not what they were. */
  changed = 0;
}

export interface Conversion {
  readonly dtype: FloatDtype;
  /** What becomes of a value before it is stored. */
  readonly scale?: ((value: number) => number) | undefined;
  readonly rounding: Rounding;
  /** The setting that asked for the type; it opens errors. */
  readonly label: string;
}

/**
 * A tensor of another file in a type of its own: rounded to the nearest value, ties to even, as PyTorch's `to` rounds. In pieces,
 * since an embedding may be larger than what memory is left.
 * @throws AdeptError (input) for a value that the type has no number for.
 */
export function convertedSource(store: TensorStore, name: string, conversion: Conversion): TensorSource {
  const entry = store.entry(name);
  const { dtype, scale, rounding, label } = conversion;
  if (scale === undefined && entry.dtype === dtype) {
    return storedSource(store, name);
  }
  const from = requireReadable(entry);
  return {
    ...{ name, dtype, shape: entry.shape },
    *chunks() {
      for (const piece of store.chunks(name)) {
        const read = upcastToFloat32(piece, from);
        const values = scale === undefined ? read : read.map(scale);
        const stored = narrowFloat32(values, dtype);
        if (dtype !== 'F32') {
          rounding.changed += changedValues(values, upcastToFloat32(stored, dtype), () =>
            inputError(
              `${label}: ${floatTypeOf(dtype) ?? dtype} has no number as large as a value of tensor "${name}": choose float32.`,
            ),
          );
        }
        yield stored;
      }
    },
  };
}

/** How many of the values are stored as others. */
function changedValues(values: Float32Array, stored: Float32Array, overflow: () => Error): number {
  let changed = 0;
  for (let i = 0; i < values.length; i++) {
    const before = values[i] ?? 0;
    const after = stored[i] ?? 0;
    if (before !== after && !(Number.isNaN(before) && Number.isNaN(after))) {
      if (!Number.isFinite(after) && Number.isFinite(before)) {
        throw overflow();
      }
      changed += 1;
    }
  }
  return changed;
}
