import { inputError } from './errors';
import type { ImportanceFile } from './importance';

/** The k layers of lowest importance, in layer order; ties go to the deeper layer, as the paper's choices lie deep. */
export function lowestLayers(
  importance: ImportanceFile,
  k: number,
  layers: number,
  where: string,
  label = '--lowest',
): number[] {
  if (importance.layers.length !== layers) {
    throw inputError(
      `${where}: "layers" describes ${importance.layers.length} layers, the model has ${layers}: analyze this model.`,
    );
  }
  for (let layer = 0; layer < layers; layer++) {
    if (importance.layers.filter(({ index }) => index === layer).length !== 1) {
      throw inputError(`${where}: "layers" does not name layer ${layer} once: analyze this model again.`);
    }
  }
  checkCount(k, layers, label);
  return [...importance.layers]
    .sort((a, b) => a.importance - b.importance || b.index - a.index)
    .slice(0, k)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}

/** LLaMA-Pro (arXiv 2401.02415): the last layer of each of k groups of equal size (sizes differ by one at most). */
export function uniformLayers(k: number, layers: number, label = '--uniform'): number[] {
  checkCount(k, layers, label);
  return Array.from({ length: k }, (_, group) => Math.floor(((group + 1) * layers) / k) - 1);
}

/** Checks layers named by hand: in range, none twice. */
export function namedLayers(chosen: readonly number[], layers: number, label = '--layers'): number[] {
  for (const layer of chosen) {
    if (!Number.isInteger(layer) || layer < 0 || layer >= layers) {
      throw inputError(`${label}: layer ${layer} does not exist: this model has layers 0 to ${layers - 1}.`);
    }
  }
  const twice = chosen.find((layer, index) => chosen.indexOf(layer) !== index);
  if (twice !== undefined) {
    throw inputError(`${label}: layer ${twice} is chosen twice: name each layer once.`);
  }
  if (chosen.length === 0) {
    throw inputError(`${label}: no layer is named: give at least one.`);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** @throws AdeptError (input) unless k layers can be chosen. */
export function checkCount(k: number, layers: number, label: string): void {
  if (!Number.isInteger(k) || k < 1 || k > layers) {
    throw inputError(
      `${label}: ${k} layers cannot be chosen of a model that has ${layers}: give a number from 1 to ${layers}.`,
    );
  }
}
