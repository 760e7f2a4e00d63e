import { inputError } from '../common/errors';
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

/** The first k layers by {@link contrastOrder}, in layer order. */
export function contrastLayers(
  importance: ImportanceFile,
  k: number,
  layers: number,
  where: string,
  label = '--contrast',
): number[] {
  if (importance.domain === undefined) {
    throw inputError(
      `${label}: ${where} has no domain importance: analyze the model with --domain, or choose by general importance alone.`,
    );
  }
  const general = layerValues(importance.layers, layers, `${where}: "layers"`);
  const domain = layerValues(importance.domain.layers, layers, `${where}: "domain.layers"`);
  checkCount(k, layers, label);
  return contrastOrder(general, domain)
    .slice(0, k)
    .sort((a, b) => a - b);
}

/**
 * All layers, by how well they suit the domain: before all others those of the lower half on general text and of the
 * upper half on domain text, then by how far the rank on general text lies below that on domain text; ties go to the deeper
 * layer. Ranks, because the two importances have different sizes.
 */
export function contrastOrder(general: readonly number[], domain: readonly number[]): number[] {
  const [onGeneral, onDomain] = [meanRanks(general), meanRanks(domain)];
  const middle = (general.length - 1) / 2;
  const order = onGeneral.map((rank, layer) => {
    const other = onDomain[layer] ?? NaN;
    return { layer, domainAlone: rank <= middle && other > middle, contrast: rank - other };
  });
  return order
    .sort(
      (a, b) => Number(b.domainAlone) - Number(a.domainAlone) || a.contrast - b.contrast || b.layer - a.layer,
    )
    .map(({ layer }) => layer);
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
