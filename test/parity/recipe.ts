import type { Family } from '../../src/shared/model/families';

/** What the random models' config.json hold; the keys that decide shapes are named, the rest goes through as it is. */
export interface RecipeConfig {
  readonly model_type: Family;
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads?: number;
  readonly head_dim?: number;
  readonly attention_bias?: boolean;
  readonly mlp_bias?: boolean;
  readonly tie_word_embeddings: boolean;
  readonly [key: string]: unknown;
}

export interface Recipe {
  readonly seed: number;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly shards: number;
  /** How wide values spread that are not as wide as usual: of the embedding, and of the projections to queries and keys. */
  readonly deviations?: { readonly embedding: number; readonly queries: number };
  readonly config: RecipeConfig;
}

export const COMMON = {
  hidden_act: 'silu',
  max_position_embeddings: 128,
  attention_dropout: 0,
  initializer_range: 0.02,
  bos_token_id: 1,
  eos_token_id: 2,
  use_cache: true,
};
