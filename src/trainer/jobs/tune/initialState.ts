import type { ReadState } from '../../checkpoint/checkpoint';
import { TensorStore } from '../../safetensors/safetensors';

/**
 * Hands `work` a reader of parameters as the model's folder has them, with moments of zero: the state before the first step.
 * @throws AdeptError (input) when the folder's weights cannot be read
 */
export function withInitialState(folder: string, work: (read: ReadState) => void): void {
  const store = TensorStore.open(folder);
  try {
    work(({ name, shape }, part) =>
      part === 'values' ? store.readFloat32(name) : new Float32Array(shape.reduce((a, b) => a * b, 1)),
    );
  } finally {
    store.close();
  }
}
