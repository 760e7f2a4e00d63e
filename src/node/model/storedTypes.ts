import { layersInBfloat16 } from '../../shared/model/layersInBfloat16';
import { isInTable } from '../../shared/model/outline';
import { readModelOutline } from './modelConfig';
import { readStoredTensors } from './storedTensors';

/**
 * Whether a folder's files hold every matrix of the layers in bfloat16; of families that the architecture table does not have,
 * never.
 * @throws AdeptError (input) naming the file and what is wrong with it.
 */
export function isInBfloat16(folder: string): boolean {
  const config = readModelOutline(folder);
  if (!isInTable(config)) {
    return false;
  }
  const dtypes = new Map(readStoredTensors(folder).map(({ name, dtype }) => [name, dtype]));
  return layersInBfloat16(config, (name) => dtypes.get(name));
}
