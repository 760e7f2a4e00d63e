import { inputError } from './errors';
import type { ImportanceFile } from './importance';
import { meanRanks } from './rankCorrelation';

/** The k lowest of values by layer, the lowest first; ties go to the deeper layer, as the paper's choices lie deep. */
export function lowestOf(values: readonly number[], k: number): number[] {
  return [...values.entries()]
    .sort(([deepA, a], [deepB, b]) => a - b || deepB - deepA)
    .slice(0, k)
    .map(([layer]) => layer);
}

/** The k layers of lowest importance, in layer order. */
export function lowestLayers(
  importance: ImportanceFile,
  k: number,
  layers: number,
  where: string,
  label = '--lowest',
): number[] {
  const values = layerValues(importance.layers, layers, `${where}: "layers"`);
  checkCount(k, layers, label);
  return lowestOf(values, k).sort((a, b) => a - b);
}

/**
 * The k layers that matter least to general text and most to the domain's, in layer order: those whose rank on general text
 * lies farthest below their rank on domain text. Ranks, because the two importances have different sizes.
 */
export function contrastLayers(
  importance: ImportanceFile,
  k: number,
  layers: number,
  where: string,
  label = '--contrast',
): number[] {
  if (importance.domain === undefined) {
    throw inputError(
      `${label}: ${where} knows nothing of domain text: analyze the model with --domain, or choose by general importance alone.`,
    );
  }
  const general = layerValues(importance.layers, layers, `${where}: "layers"`);
  const domain = layerValues(importance.domain.layers, layers, `${where}: "domain.layers"`);
  checkCount(k, layers, label);
  return lowestOf(contrasts(general, domain), k).sort((a, b) => a - b);
}

/** By layer, its rank on general text less its rank on domain text: the lower, the better it takes up the domain. */
export function contrasts(general: readonly number[], domain: readonly number[]): number[] {
  const [onGeneral, onDomain] = [meanRanks(general), meanRanks(domain)];
  return onGeneral.map((rank, layer) => rank - (onDomain[layer] ?? 0));
}

/** Importances in layer order. @throws AdeptError (input), begun by `where`, when they are not one for each layer. */
export function layerValues(entries: ImportanceFile['layers'], layers: number, where: string): number[] {
  if (entries.length !== layers) {
    throw inputError(
      `${where} describes ${entries.length} layers, the model has ${layers}: analyze this model.`,
    );
  }
  const values = new Map(entries.map(({ index, importance }) => [index, importance]));
  return Array.from({ length: layers }, (_, layer) => {
    const value = values.get(layer);
    if (value === undefined) {
      throw inputError(`${where} does not name layer ${layer} once: analyze this model again.`);
    }
    return value;
  });
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
