/** Every unit that a layer of any family has, in the order of the computation. */
export const UNIT_NAMES = [
  'input_layernorm',
  'self_attn.q_proj',
  'self_attn.k_proj',
  'self_attn.v_proj',
  'self_attn.q_norm',
  'self_attn.k_norm',
  'self_attn.o_proj',
  'post_self_attn_layernorm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'mlp.gate_proj',
  'mlp.up_proj',
  'mlp.down_proj',
  'post_feedforward_layernorm',
  'post_mlp_layernorm',
] as const;
export type UnitName = (typeof UNIT_NAMES)[number];
