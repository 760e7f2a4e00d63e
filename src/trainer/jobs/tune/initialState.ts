import type { Parameter } from '../../adept/parameters';
import type { ParameterState } from '../../checkpoint/checkpoint';
import { TensorStore } from '../../safetensors/safetensors';

/** Reads parameters as the model's folder has them, with moments of zero: the state before the first step. */
export function initialParameterState(folder: string): (parameter: Parameter) => ParameterState {
  return ({ name }) => {
    const store = TensorStore.open(folder);
    try {
      const values = store.readFloat32(name);
      return { values, first: new Float32Array(values.length), second: new Float32Array(values.length) };
    } finally {
      store.close();
    }
  };
}
