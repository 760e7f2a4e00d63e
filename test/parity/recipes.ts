import { FURTHER_RECIPES } from './furtherRecipes';
import { COMMON, type Recipe } from './recipe';

/**
 * Random small models that between them use every feature of the supported families. The epsilons are large enough, and
 * the windows and rope ranges short enough, that ignoring one changes the logits.
 */
export const RECIPES = {
  /** Three query heads per key head; llama3 rope scaling in the old spelling, one of three frequencies in its smooth band. */
  llama: {
    seed: 11,
    dtype: 'F32',
    shards: 1,
    config: {
      ...COMMON,
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      vocab_size: 101,
      hidden_size: 36,
      intermediate_size: 56,
      num_hidden_layers: 4,
      num_attention_heads: 6,
      num_key_value_heads: 2,
      rms_norm_eps: 2e-4,
      rope_theta: 40,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 32,
      },
      attention_bias: false,
      mlp_bias: false,
      tie_word_embeddings: false,
    },
  },
  /** Every bias there is; linear rope scaling with the oldest key, `type`; tied embeddings. */
  llamaBias: {
    seed: 12,
    dtype: 'F32',
    shards: 1,
    config: {
      ...COMMON,
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      vocab_size: 89,
      hidden_size: 32,
      intermediate_size: 48,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      num_key_value_heads: 4,
      rms_norm_eps: 1e-3,
      rope_theta: 1000,
      rope_scaling: { type: 'linear', factor: 2.5 },
      attention_bias: true,
      mlp_bias: true,
      tie_word_embeddings: true,
    },
  },
  /** A window shorter than the sequences, and heads of 10 where hidden_size / heads is 9. */
  mistral: {
    seed: 13,
    dtype: 'F32',
    shards: 1,
    config: {
      ...COMMON,
      architectures: ['MistralForCausalLM'],
      model_type: 'mistral',
      vocab_size: 97,
      hidden_size: 36,
      intermediate_size: 52,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 10,
      rms_norm_eps: 1e-4,
      rope_theta: 1e4,
      sliding_window: 7,
      tie_word_embeddings: false,
    },
  },
  /** Biases of q, k and v; tied. */
  qwen2: {
    seed: 14,
    dtype: 'F32',
    shards: 1,
    config: {
      ...COMMON,
      architectures: ['Qwen2ForCausalLM'],
      model_type: 'qwen2',
      vocab_size: 103,
      hidden_size: 32,
      intermediate_size: 44,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      rms_norm_eps: 1e-4,
      rope_theta: 1e6,
      sliding_window: 5,
      max_window_layers: 2,
      use_sliding_window: false,
      tie_word_embeddings: true,
    },
  },
  /** Layers from `max_window_layers` up have a window; untied. */
  qwen2Window: {
    seed: 15,
    dtype: 'F32',
    shards: 1,
    config: {
      ...COMMON,
      architectures: ['Qwen2ForCausalLM'],
      model_type: 'qwen2',
      vocab_size: 83,
      hidden_size: 32,
      intermediate_size: 44,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      rms_norm_eps: 2e-4,
      rope_theta: 1e4,
      sliding_window: 5,
      max_window_layers: 1,
      use_sliding_window: true,
      tie_word_embeddings: false,
    },
  },
  /** Query and key norms, heads of 16 where hidden_size / heads is 8, the newer rope spelling, BF16 in three shards. */
  qwen3: {
    seed: 16,
    dtype: 'BF16',
    shards: 3,
    config: {
      ...COMMON,
      architectures: ['Qwen3ForCausalLM'],
      model_type: 'qwen3',
      vocab_size: 107,
      hidden_size: 32,
      intermediate_size: 48,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 16,
      rms_norm_eps: 2e-4,
      rope_parameters: { rope_type: 'default', rope_theta: 2000 },
      attention_bias: false,
      use_sliding_window: true,
      sliding_window: 9,
      max_window_layers: 2,
      layer_types: ['sliding_attention', 'full_attention', 'sliding_attention', 'full_attention'],
      dtype: 'bfloat16',
      tie_word_embeddings: true,
    },
  },
  /** Half precision; llama3 rope scaling in the newer spelling. */
  llamaHalf: {
    seed: 17,
    dtype: 'F16',
    shards: 1,
    config: {
      ...COMMON,
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      vocab_size: 79,
      hidden_size: 48,
      intermediate_size: 64,
      num_hidden_layers: 2,
      num_attention_heads: 3,
      num_key_value_heads: 1,
      head_dim: 24,
      rms_norm_eps: 2e-4,
      rope_parameters: {
        rope_type: 'llama3',
        rope_theta: 10000,
        factor: 4,
        low_freq_factor: 1,
        high_freq_factor: 3,
        original_max_position_embeddings: 24,
      },
      dtype: 'float16',
      tie_word_embeddings: false,
    },
  },
  ...FURTHER_RECIPES,
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;
export const RECIPE_NAMES = Object.keys(RECIPES) as readonly RecipeName[];

/** For tests of one implementation by itself: of the further families those whose code is their own, as parity tests have all. */
export const VARIED_RECIPE_NAMES = RECIPE_NAMES.filter(
  (name) => !(name in FURTHER_RECIPES) || ['gemma2', 'olmo3', 'glm4'].includes(name),
);
