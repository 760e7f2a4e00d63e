import type { ExpansionManifest } from '../../../shared/run/manifest';
import { parseLayerTensorName, renumberedTensor } from '../../../shared/model/architecture';

/** Where a layer of a model comes from: the base model's layer, and whether it is the copy that was added. */
export interface LayerOrigin {
  readonly source: number;
  readonly added: boolean;
}

/** The origin of a layer by its number; without a manifest the model is its own base. */
export function originOf(layer: number, manifest: ExpansionManifest | undefined): LayerOrigin {
  const added = manifest?.added ?? [];
  const copy = added.find((entry) => entry.layer === layer);
  return copy
    ? { source: copy.source, added: true }
    : { source: layer - added.filter((entry) => entry.layer < layer).length, added: false };
}

/** The number of the layer with this origin; undefined when the model has no such layer. */
export function layerOf(origin: LayerOrigin, manifest: ExpansionManifest | undefined): number | undefined {
  const added = manifest?.added ?? [];
  if (origin.added) {
    return added.find(({ source }) => source === origin.source)?.layer;
  }
  // A copy lies directly behind its source, so that only copies of earlier layers push a layer up.
  return origin.source + added.filter(({ source }) => source < origin.source).length;
}

/** A tensor's name in another expansion of the same base model; undefined when its layer is not there. */
export function translateName(
  name: string,
  from: ExpansionManifest | undefined,
  to: ExpansionManifest | undefined,
): string | undefined {
  const parsed = parseLayerTensorName(name);
  if (parsed === undefined) {
    return name;
  }
  const layer = layerOf(originOf(parsed.layer, from), to);
  return layer === undefined ? undefined : renumberedTensor(name, layer);
}
