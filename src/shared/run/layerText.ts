import type { Localizer } from '../common/localizer';

/** Where added layers lie, and which layers of the base model they copy. */
export type Copies = readonly { readonly layer: number; readonly source: number }[];

/** `15 (copy of 13)`: a layer of an expanded model, as people find it again in the model that they know. */
export function layerText(layer: number, copies: Copies, l10n: Localizer): string {
  const source = copies.find((copy) => copy.layer === layer)?.source;
  return source === undefined ? String(layer) : l10n.t('{0} (copy of {1})', layer, source);
}
