import { FAMILIES } from '../../shared/model/families';
import { perLayerKeys } from '../../shared/model/layerKinds';
import type { ModelConfig } from '../../shared/model/config';
import { isInTable, type ModelOutline } from '../../shared/model/outline';
import { textPart } from '../../shared/model/textPart';

/** Where a layer of the expanded model comes from, and whether it is an added copy. */
export interface PlacedLayer {
  readonly source: number;
  readonly added: boolean;
}

/** Keys that hold the numbers of layers. */
const NUMBERS = ['mlp_only_layers', 'moe_layers'];
/** Keys that say how many layers from below are unlike the others. */
const FROM_BELOW = ['first_k_dense_replace', 'max_window_layers', 'moe_layer_start_index'];
/** Keys that hold the number of the last layer of a kind. */
const LAST = ['moe_layer_end_index'];

/**
 * config.json of the expanded model: the number of layers, and every key that speaks of layers one by one. A copy gets
 * what its source has.
 * @param perLayer what config.json leaves out, by key, with one value a layer
 */
export function expandConfig(
  config: ModelOutline,
  placed: readonly PlacedLayer[],
  perLayer: Readonly<Record<string, readonly unknown[]>> = {},
): Record<string, unknown> {
  const text = textPart(config.raw);
  const next: Record<string, unknown> = { ...text, num_hidden_layers: placed.length };
  const known = isInTable(config) ? perLayerKeys(text, config, FAMILIES[config.family]) : {};
  for (const [key, value] of Object.entries({ ...text, ...known, ...perLayer })) {
    if (Array.isArray(value) && value.length === config.numHiddenLayers && isPerLayer(key)) {
      next[key] = placed.map(({ source }) => value[source] as unknown);
    }
  }
  Object.assign(next, isInTable(config) ? windowedLayers(config, placed) : otherKeys(text, placed));
  return text === config.raw ? next : { ...config.raw, text_config: next };
}

/** Layers from `max_window_layers` up have the window: those below it, with their copies, stay without. */
function windowedLayers(config: ModelConfig, placed: readonly PlacedLayer[]): Record<string, unknown> {
  const first = firstWindowedLayer(config);
  if (first === undefined) {
    return {};
  }
  const before = config.numHiddenLayers;
  return { max_window_layers: first >= before ? first + placed.length - before : countBelow(placed, first) };
}

/** `max_window_layers` where it says something: spelt out, or the default that a longer model would fall under. */
function firstWindowedLayer(config: ModelConfig): number | undefined {
  const given = config.raw.max_window_layers;
  if (typeof given === 'number') {
    return given;
  }
  const windowed = config.slidingWindows.some((window) => window !== undefined);
  const byDefault =
    FAMILIES[config.family].slidingWindow === 'layers' && !Array.isArray(config.raw.layer_types);
  return byDefault && (windowed || config.raw.use_sliding_window === true)
    ? Number(FAMILIES[config.family].defaults.max_window_layers)
    : undefined;
}

/** Keys of families that the architecture table does not have. */
function otherKeys(
  text: Readonly<Record<string, unknown>>,
  placed: readonly PlacedLayer[],
): Record<string, unknown> {
  const next: Record<string, unknown> = {};
  const numbersOf = (layers: readonly unknown[]): number[] =>
    placed.flatMap(({ source }, layer) => (layers.includes(source) ? [layer] : []));
  for (const key of NUMBERS) {
    const layers = text[key];
    if (Array.isArray(layers)) {
      next[key] = numbersOf(layers);
    }
  }
  for (const key of FROM_BELOW) {
    const count = text[key];
    if (typeof count === 'number') {
      next[key] = countBelow(placed, count);
    }
  }
  for (const key of LAST) {
    const last = text[key];
    if (typeof last === 'number' && last >= 0) {
      next[key] = countBelow(placed, last + 1) - 1;
    }
  }
  const step = text.decoder_sparse_step;
  if (typeof step === 'number' && step > 1) {
    // Every so many layers have experts: as numbers, since copies are in between.
    const dense = Array.isArray(text.mlp_only_layers) ? (text.mlp_only_layers as unknown[]) : [];
    const sources = [...new Set(placed.map(({ source }) => source))];
    next.mlp_only_layers = numbersOf(
      sources.filter((source) => dense.includes(source) || (source + 1) % step !== 0),
    );
    next.decoder_sparse_step = 1;
  }
  return next;
}

function countBelow(placed: readonly PlacedLayer[], layer: number): number {
  return placed.filter(({ source }) => source < layer).length;
}

/** Lists with one entry per layer; others may have as many entries by chance (`architectures`, token ids). */
function isPerLayer(key: string): boolean {
  return /layer|window|attention/.test(key);
}
