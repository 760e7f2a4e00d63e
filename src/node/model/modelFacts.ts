import { parameterCount, parseLayerTensorName } from '../../shared/model/architecture';
import type { ModelFacts } from '../../shared/model/modelText';
import { isInTable, type ModelOutline } from '../../shared/model/outline';
import { isUnread } from '../../shared/model/unreadTensors';
import { readModelOutline } from './modelConfig';
import { readStoredTensors } from './storedTensors';

/**
 * Family, depth and size of a model: by the architecture table, of other families by what the headers of its weights say.
 * @param without layers that are not counted, such as added ones
 * @throws AdeptError (input) naming the file and what is wrong with it.
 */
export function readModelFacts(folder: string, without: readonly number[] = []): ModelFacts {
  const outline = readModelOutline(folder);
  const layers = outline.numHiddenLayers - without.length;
  return {
    family: outline.family,
    layers,
    parameters: isInTable(outline)
      ? parameterCount({ ...outline, numHiddenLayers: layers })
      : storedParameters(folder, outline, without),
  };
}

function storedParameters(folder: string, outline: ModelOutline, without: readonly number[]): number {
  return readStoredTensors(folder)
    .filter(
      ({ name }) => !isUnread(name, outline) && !without.includes(parseLayerTensorName(name)?.layer ?? -1),
    )
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
