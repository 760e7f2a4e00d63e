import type { Tensor } from '../engine/tensor';
import type { AttentionInputs, AttentionLayout, FusedKernels } from '../engine/fusedKernels';
import type { AttentionContext, AttentionSaved } from './attentionContext';
import { composedAttention } from './composedAttention';
import { documentAttention } from './documentAttention';

/**
 * RoPE, and softmax(q·kᵀ + mask)·v of every head: inputs [n, heads·headDim] → [n, H·headDim]. `inputs` stay the
 * caller's; what is saved may contain them.
 */
export function attention(
  context: AttentionContext,
  inputs: AttentionInputs,
  window: number | undefined,
): { attended: Tensor; saved: AttentionSaved } {
  const { engine, packed } = context;
  if (engine.fused) {
    return fusedAttention(context, engine.fused, inputs, window);
  }
  return packed
    ? documentAttention(context, packed, inputs, window)
    : composedAttention(context, inputs, window);
}

function fusedAttention(
  context: AttentionContext,
  fused: FusedKernels,
  inputs: AttentionInputs,
  window: number | undefined,
): { attended: Tensor; saved: AttentionSaved } {
  const { config, length, queryRope, keyRope, documentStarts } = context;
  const layout: AttentionLayout = {
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    queryRope,
    keyRope,
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
