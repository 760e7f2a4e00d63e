import { join } from 'node:path';
import { isDerivedBuffer, parameterCount, parseLayerTensorName } from '../../shared/model/architecture';
import type { ModelFacts } from '../../shared/model/modelText';
import { tableConfig } from '../../shared/model/outline';
import { readModelOutline } from './modelConfig';
import { readSafetensorsHeader } from './safetensorsFile';
import { findWeights } from './weightFiles';

/**
 * Family, depth and size of a model: by the architecture table, of other families by what the headers of its weights say.
 * @param without layers that are not counted, such as added ones
 * @throws AdeptError (input) naming the file and what is wrong with it.
 */
export function readModelFacts(folder: string, without: readonly number[] = []): ModelFacts {
  const { family, numHiddenLayers, raw } = readModelOutline(folder);
  const layers = numHiddenLayers - without.length;
  const known = tableConfig({ ...raw }, join(folder, 'config.json'));
  return {
    family,
    layers,
    parameters: known
      ? parameterCount({ ...known, numHiddenLayers: layers })
      : storedParameters(folder, without),
  };
}

function storedParameters(folder: string, without: readonly number[]): number {
  return findWeights(folder)
    .files.flatMap((file) => readSafetensorsHeader(file).entries)
    .filter(
      ({ name }) => !isDerivedBuffer(name) && !without.includes(parseLayerTensorName(name)?.layer ?? -1),
    )
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
