import type { TensorEntry } from '../../shared/model/safetensorsHeader';
import { readSafetensorsHeader } from './safetensorsFile';
import { findWeights } from './weightFiles';

/**
 * What the headers of a folder's weights say of every tensor.
 * @throws AdeptError (input) naming the file and what is wrong with it.
 */
export function readStoredTensors(folder: string): TensorEntry[] {
  return findWeights(folder).files.flatMap((file) => readSafetensorsHeader(file).entries);
}
