import type { UnitName } from './unitNames';

/** Tensors outside the layers, by role. */
export const OUTER_TENSORS = {
  embedding: 'model.embed_tokens.weight',
  norm: 'model.norm.weight',
  head: 'lm_head.weight',
} as const;

/** How a checkpoint calls its tensors: what comes before the decoder's, and the projection to the vocabulary. */
export interface TensorNames {
  readonly decoder: string;
  readonly head: string;
}

export const PLAIN_NAMES: TensorNames = { decoder: 'model.', head: OUTER_TENSORS.head };

/** Tensors outside the layers of a checkpoint with these names. */
export function outerTensors({ decoder, head }: TensorNames): Record<keyof typeof OUTER_TENSORS, string> {
  return { embedding: `${decoder}embed_tokens.weight`, norm: `${decoder}norm.weight`, head };
}

/** The checkpoint's name of a layer's tensor, for example `model.layers.3.self_attn.q_proj.weight`. */
export function layerTensorName(
  { decoder }: TensorNames,
  layer: number,
  unit: UnitName,
  part: 'weight' | 'bias',
): string {
  return `${decoder}layers.${layer}.${unit}.${part}`;
}
