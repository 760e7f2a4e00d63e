import { inputError } from '../../shared/common/errors';
import { GET_UNQUANTISED, isQuantised } from '../../shared/model/quantised';
import type { TensorEntry } from '../../shared/model/safetensorsHeader';
import { causalNames, foreignName } from '../../shared/model/tensorNames';
import { splitTensors } from '../../shared/model/fusedTensors';
import { readRawConfig } from './configFile';
import { readSafetensorsHeader } from './safetensorsFile';
import { checkAgainstIndex, findWeights, type WeightFiles } from './weightFiles';

/**
 * What the headers of a folder's weights say of every tensor.
 * @throws AdeptError (input) naming the file and what is wrong with it.
 */
export function readStoredTensors(folder: string): TensorEntry[] {
  const weights = findWeights(folder);
  const entries = weights.files.flatMap((file) => readSafetensorsHeader(file).entries);
  return checkedTensors(folder, weights, new Map(entries.map((entry) => [entry.name, entry])));
}

/**
 * The tensors of a folder's weights by the names that the causal language model has for them: {@link causalNames}. Of tensors
 * that are one in the file each unit is an entry of its own.
 * @param entries by the names that the files have
 * @throws AdeptError (input) naming file and tensor: not where the index says, of a wrapper that was saved with the model, or
 * quantised.
 */
export function checkedTensors(
  folder: string,
  { index }: WeightFiles,
  entries: ReadonlyMap<string, TensorEntry>,
): TensorEntry[] {
  if (index !== undefined) {
    checkAgainstIndex(index, entries);
  }
  for (const { name, file, dtype } of entries.values()) {
    const foreign = foreignName(name);
    if (foreign !== undefined) {
      throw inputError(
        `${file}: tensor "${name}": its name is of ${foreign.from}, and transformers does not know it: ${foreign.advice}.`,
      );
    }
    if (isQuantised({ name, dtype })) {
      throw inputError(`${file}: tensor "${name}": is quantised (${dtype}): ${GET_UNQUANTISED}`);
    }
  }
  const nameOf = causalNames(entries.keys());
  const named = Array.from(entries.values(), (entry) => ({ ...entry, name: nameOf(entry.name) }));
  return splitTensors(readRawConfig(folder), named);
}
