import type { Tensor } from '../engine/tensor';
import type { AttentionInputs, AttentionLayout, FusedKernels } from '../engine/fusedKernels';
import { ropeOf, type AttentionContext, type AttentionLayer, type AttentionSaved } from './attentionContext';
import { composedAttention } from './composedAttention';
import { documentAttention } from './documentAttention';

/**
 * RoPE, and softmax(q·kᵀ + mask)·v of every head: inputs [n, heads·headDim] → [n, H·headDim]. `inputs` stay the
 * caller's; what is saved may contain them.
 */
export function attention(
  context: AttentionContext,
  inputs: AttentionInputs,
  layer: AttentionLayer,
): { attended: Tensor; saved: AttentionSaved } {
  const { fused, packed, keyValues } = context;
  if (keyValues) {
    return { attended: keyValues.attend(context, inputs, layer), saved: WITHOUT_GRADIENT };
  }
  if (fused) {
    return fusedAttention(context, fused, inputs, layer);
  }
  return packed
    ? documentAttention(context, packed, inputs, layer)
    : composedAttention(context, inputs, layer);
}

/** What generates needs no gradient. */
const WITHOUT_GRADIENT: AttentionSaved = {
  tensors: [],
  backward: () => {
    throw new Error('Attention over kept keys and values has no gradient.');
  },
};

function fusedAttention(
  context: AttentionContext,
  fused: FusedKernels,
  inputs: AttentionInputs,
  layer: AttentionLayer,
): { attended: Tensor; saved: AttentionSaved } {
  const { config, length, documentStarts } = context;
  const { slidingWindow: window } = layer;
  const { queries, keys } = ropeOf(context, layer);
  const layout: AttentionLayout = {
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    queryRope: queries,
    keyRope: keys,
    // A window as long as the sequence hides nothing.
    window: window === undefined || window >= length ? undefined : window,
    documentStarts,
  };
  const { attended, normalizers } = fused.attention(inputs, layout);
  return {
    attended,
    saved: {
      tensors: [inputs.queries, inputs.keys, inputs.values, normalizers],
      backward: (output, gradient) =>
        fused.attentionGradient(inputs, layout, { attended: output, normalizers }, gradient),
    },
  };
}
