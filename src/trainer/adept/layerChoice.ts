import { inputError } from '../../shared/errors';
import type { ImportanceFile } from '../../shared/importance';

/** The k layers of lowest importance, in layer order; ties go to the deeper layer, as the paper's choices lie deep. */
export function lowestLayers(importance: ImportanceFile, k: number, layers: number, where: string): number[] {
  if (importance.layers.length !== layers) {
    throw inputError(
      `${where}: "layers" describes ${importance.layers.length} layers, the model has ${layers}: analyze this model.`,
    );
  }
  checkCount(k, layers, '--lowest');
  return [...importance.layers]
    .sort((a, b) => a.importance - b.importance || b.index - a.index)
    .slice(0, k)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}

/** LLaMA-Pro (arXiv 2401.02415): the last layer of each of k groups of equal size (sizes differ by one at most). */
export function uniformLayers(k: number, layers: number): number[] {
  checkCount(k, layers, '--uniform');
  return Array.from({ length: k }, (_, group) => Math.floor(((group + 1) * layers) / k) - 1);
}

/** Checks layers named by hand: in range, none twice. */
export function namedLayers(chosen: readonly number[], layers: number): number[] {
  for (const layer of chosen) {
    if (!Number.isInteger(layer) || layer < 0 || layer >= layers) {
      throw inputError(`--layers: layer ${layer} does not exist; this model has layers 0 to ${layers - 1}.`);
    }
  }
  const twice = chosen.find((layer, index) => chosen.indexOf(layer) !== index);
  if (twice !== undefined) {
    throw inputError(`--layers: layer ${twice} is chosen twice: name each layer once.`);
  }
  if (chosen.length === 0) {
    throw inputError('--layers: no layer is named: give at least one, for example --layers 3,7.');
  }
  return [...chosen].sort((a, b) => a - b);
}

function checkCount(k: number, layers: number, option: string): void {
  if (!Number.isInteger(k) || k < 1 || k > layers) {
    throw inputError(
      `${option}: ${k} layers cannot be chosen of a model that has ${layers}: give a number from 1 to ${layers}.`,
    );
  }
}
