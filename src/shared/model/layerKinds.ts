import * as v from 'valibot';
import { inputError } from '../common/errors';
import { parseWith } from '../common/parse';
import type { FamilyTraits } from './families';
import { parseRope, parseRopes, type Rope } from './ropeConfig';

/** The kinds of layers that config.json's `layer_types` names. */
export type LayerType = 'full_attention' | 'sliding_attention';
const LAYER_TYPES = ['full_attention', 'sliding_attention'] as const;

interface LayerContext {
  readonly numHiddenLayers: number;
  readonly maxPositions: number;
  readonly headDim: number;
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1));
const flag = v.nullish(v.boolean(), false);

const WindowFields = v.looseObject({
  sliding_window: v.nullish(size),
  use_sliding_window: flag,
  max_window_layers: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  layer_types: v.nullish(v.array(v.picklist(LAYER_TYPES))),
});
const RopeFields = v.looseObject({
  rope_theta: v.nullish(v.pipe(v.number(), v.gtValue(0)), 10000),
  no_rope_layers: v.nullish(v.array(v.union([v.number(), v.boolean()]))),
  no_rope_layer_interval: v.nullish(size, 4),
});

/**
 * Per layer: how many positions back attention reaches.
 * @param filled config.json with the family's defaults
 * @throws AdeptError (input) that names the key.
 */
export function slidingWindows(
  filled: Record<string, unknown>,
  around: LayerContext,
  traits: FamilyTraits,
  file: string,
): (number | undefined)[] {
  const { numHiddenLayers: layers } = around;
  const each = (windowOf: (layer: number) => number | undefined): (number | undefined)[] =>
    Array.from({ length: layers }, (_, layer) => windowOf(layer));
  if (traits.slidingWindow === 'none') {
    // The class reads none of the keys.
    return each(() => undefined);
  }
  const fields = parseWith(WindowFields, filled, file);
  const window = fields.sliding_window ?? undefined;
  const types = fields.layer_types ?? undefined;
  if (traits.slidingWindow === 'every') {
    return each(() => window);
  }
  if (types !== undefined && types.length !== layers) {
    throw inputError(
      `${file}: "layer_types" has ${types.length} entries for ${layers} layers: correct one of them.`,
    );
  }
  switch (traits.slidingWindow) {
    case 'all':
      // transformers takes a mistral with the key for a ministral (configuration_auto.py), whose layers differ.
      return each((layer) => (types?.[layer] === 'full_attention' ? undefined : window));
    case 'layers': {
      const active = fields.use_sliding_window ? window : undefined;
      const first = fields.max_window_layers;
      return each((layer) =>
        (types ? types[layer] === 'sliding_attention' : layer >= first) ? active : undefined,
      );
    }
    case 'types': {
      const kinds = layerTypes(filled, around, traits, file);
      if (window === undefined && kinds.includes('sliding_attention')) {
        throw inputError(
          `${file}: "layer_types" has layers with a window and "sliding_window" is ${filled.sliding_window === null ? 'null' : 'missing'}: give its length.`,
        );
      }
      return kinds.map((kind) => (kind === 'sliding_attention' ? window : undefined));
    }
  }
}

/**
 * Per layer its type, spelt out in `layer_types` or by the family's pattern. A pattern counts from the first layer, so that a
 * model that gets further layers has to spell it out.
 */
function layerTypes(
  filled: Record<string, unknown>,
  around: Pick<LayerContext, 'numHiddenLayers'>,
  traits: FamilyTraits,
  file: string,
): readonly LayerType[] {
  const fields = parseWith(WindowFields, filled, file);
  if (fields.layer_types) {
    return fields.layer_types;
  }
  if (traits.fullEvery !== undefined) {
    const { layers: usual, key } = traits.fullEvery;
    const every = numberOf(filled, key, file) ?? usual;
    return Array.from({ length: around.numHiddenLayers }, (_, layer) =>
      (layer + 1) % every === 0 ? 'full_attention' : 'sliding_attention',
    );
  }
  const slides = fields.use_sliding_window && typeof fields.sliding_window === 'number';
  return rotatedLayers(filled, around, traits, file).map((rotated) =>
    slides && !rotated ? 'sliding_attention' : 'full_attention',
  );
}

/** Per layer whether it has a rotation at all, spelt out in `no_rope_layers` (1 has one, 0 has none) or by an interval. */
function rotatedLayers(
  filled: Record<string, unknown>,
  { numHiddenLayers: layers }: Pick<LayerContext, 'numHiddenLayers'>,
  traits: FamilyTraits,
  file: string,
): readonly boolean[] {
  if (!traits.layersWithoutRope) {
    return Array.from({ length: layers }, () => true);
  }
  const { no_rope_layers: listed, no_rope_layer_interval: interval } = parseWith(RopeFields, filled, file);
  if (listed && listed.length < layers) {
    throw inputError(
      `${file}: "no_rope_layers" has ${listed.length} entries for ${layers} layers: correct one of them.`,
    );
  }
  return Array.from({ length: layers }, (_, layer) =>
    listed ? Boolean(listed[layer]) : (layer + 1) % interval !== 0,
  );
}

/**
 * Keys with one value a layer that config.json may leave to a pattern, spelt out: a copied layer keeps its source's, and the
 * pattern would count it as another.
 */
export function perLayerKeys(
  raw: Readonly<Record<string, unknown>>,
  around: Pick<LayerContext, 'numHiddenLayers'>,
  traits: FamilyTraits,
): Record<string, readonly unknown[]> {
  const filled = { ...traits.defaults, ...raw };
  return {
    ...(traits.slidingWindow === 'types'
      ? { layer_types: layerTypes(filled, around, traits, 'config.json') }
      : {}),
    ...(traits.layersWithoutRope
      ? { no_rope_layers: rotatedLayers(filled, around, traits, 'config.json').map(Number) }
      : {}),
  };
}

/** Per layer: how positions rotate. @throws AdeptError (input) that names the key. */
export function layerRopes(
  filled: Record<string, unknown>,
  around: LayerContext,
  traits: FamilyTraits,
  file: string,
): (Rope | undefined)[] {
  const { rope_theta: topTheta } = parseWith(RopeFields, filled, file);
  const { maxPositions, headDim } = around;
  const context = { topTheta, maxPositions, headDim };
  const rotated = rotatedLayers(filled, around, traits, file);
  if (traits.ropeByLayerType === undefined) {
    const rope = parseRope(filled, context, traits, file);
    return rotated.map((has) => (has ? rope : undefined));
  }
  const { key, slidingTheta: usual } = traits.ropeByLayerType;
  const slidingTheta = numberOf(filled, key, file) ?? usual;
  const ropes = parseRopes(filled, { ...context, slidingTheta }, traits, file);
  return layerTypes(filled, around, traits, file).map((type) => ropes[type]);
}

/** The number that a key of one family holds, where it has one. */
function numberOf(
  filled: Record<string, unknown>,
  key: string | undefined,
  file: string,
): number | undefined {
  if (key === undefined) {
    return undefined;
  }
  const fields = parseWith(
    v.looseObject({ [key]: v.nullish(v.pipe(v.number(), v.gtValue(0))) }),
    filled,
    file,
  );
  return fields[key] ?? undefined;
}
