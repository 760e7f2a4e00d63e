import type { UnitName } from './architecture';
import type { ModelConfig } from './config';

/** What a unit's parts are: attention heads, heads of keys and values, or groups of the MLP's neurons. */
export type PartKind = 'head' | 'key-value head' | 'group';

/** How a projection falls into parts: along its outputs (rows of the weight) or its inputs (columns). */
export interface UnitParts {
  readonly kind: PartKind;
  readonly along: 'rows' | 'columns';
  /** Where each part begins along that axis, and at the end the axis's size. */
  readonly bounds: readonly number[];
}

/** MLP neurons have no structure of their own; so many groups are few enough to look at. */
const MLP_GROUPS = 16;

/** The parts of a unit; undefined of a norm, which has none. */
export function partsOf(
  config: Pick<ModelConfig, 'numAttentionHeads' | 'numKeyValueHeads' | 'headDim' | 'intermediateSize'>,
  unit: UnitName,
): UnitParts | undefined {
  const heads = even(config.numAttentionHeads, config.numAttentionHeads * config.headDim);
  const keyValueHeads = even(config.numKeyValueHeads, config.numKeyValueHeads * config.headDim);
  const groups = even(Math.min(MLP_GROUPS, config.intermediateSize), config.intermediateSize);
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
      return { kind: 'group', along: 'rows', bounds: groups };
    case 'mlp.down_proj':
      return { kind: 'group', along: 'columns', bounds: groups };
    case 'input_layernorm':
    case 'post_attention_layernorm':
    case 'self_attn.q_norm':
    case 'self_attn.k_norm':
      return undefined;
  }
}

/** Bounds of `count` parts of a size, which differ by one at most. */
function even(count: number, size: number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => Math.floor((index * size) / count));
}
