import { join } from 'node:path';
import { layersInBfloat16 } from '../../shared/model/layersInBfloat16';
import { tableConfig } from '../../shared/model/outline';
import { readModelOutline } from './modelConfig';
import { readSafetensorsHeader } from './safetensorsFile';
import { findWeights } from './weightFiles';

/**
 * Whether a folder's files hold every matrix of the layers in bfloat16; of families that the architecture table does not have,
 * never.
 * @throws AdeptError (input) naming the file and what is wrong with it.
 */
export function isInBfloat16(folder: string): boolean {
  const config = tableConfig({ ...readModelOutline(folder).raw }, join(folder, 'config.json'));
  if (config === undefined) {
    return false;
  }
  const entries = findWeights(folder).files.flatMap((file) => readSafetensorsHeader(file).entries);
  const dtypes = new Map(entries.map(({ name, dtype }) => [name, dtype]));
  return layersInBfloat16(config, (name) => dtypes.get(name));
}
