import type { UnitName } from './architecture';
import type { ModelConfig } from './config';

/** The kinds of groups within a unit: attention heads, key-value heads, or groups of MLP neurons. */
export type GroupKind = 'head' | 'key-value head' | 'neurons';

/** How a projection is divided into groups: along its outputs (rows of the weight) or its inputs (columns). */
export interface UnitGroups {
  readonly kind: GroupKind;
  readonly along: 'rows' | 'columns';
  /** Where each group begins along that axis, and at the end the axis's size. */
  readonly bounds: readonly number[];
}

/** MLP neurons have no structure of their own; so many groups are few enough to look at. */
const MLP_GROUPS = 16;

/** The groups of a unit; undefined for a norm, which has none. */
export function groupsOf(
  config: Pick<ModelConfig, 'numAttentionHeads' | 'numKeyValueHeads' | 'headDim' | 'intermediateSize'>,
  unit: UnitName,
): UnitGroups | undefined {
  const heads = even(config.numAttentionHeads, config.numAttentionHeads * config.headDim);
  const keyValueHeads = even(config.numKeyValueHeads, config.numKeyValueHeads * config.headDim);
  const neuronGroups = even(Math.min(MLP_GROUPS, config.intermediateSize), config.intermediateSize);
  switch (unit) {
    case 'self_attn.q_proj':
      return { kind: 'head', along: 'rows', bounds: heads };
    case 'self_attn.k_proj':
    case 'self_attn.v_proj':
      return { kind: 'key-value head', along: 'rows', bounds: keyValueHeads };
    case 'self_attn.o_proj':
      return { kind: 'head', along: 'columns', bounds: heads };
    case 'mlp.gate_proj':
    case 'mlp.up_proj':
      return { kind: 'neurons', along: 'rows', bounds: neuronGroups };
    case 'mlp.down_proj':
      return { kind: 'neurons', along: 'columns', bounds: neuronGroups };
    case 'input_layernorm':
    case 'self_attn.q_norm':
    case 'self_attn.k_norm':
    case 'post_self_attn_layernorm':
    case 'post_attention_layernorm':
    case 'pre_feedforward_layernorm':
    case 'post_feedforward_layernorm':
    case 'post_mlp_layernorm':
      return undefined;
  }
}

/** Bounds of `count` groups of a size, which differ by one at most. */
function even(count: number, size: number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => Math.floor((index * size) / count));
}
