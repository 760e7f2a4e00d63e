import type { UnitName } from './unitNames';

/** The families of models that are supported, by the `model_type` of their config.json. */
export type Family =
  | 'llama'
  | 'mistral'
  | 'qwen2'
  | 'qwen3'
  | 'smollm3'
  | 'granite'
  | 'ministral3'
  | 'olmo2'
  | 'olmo3'
  | 'gemma2'
  | 'gemma3_text'
  | 'phi3'
  | 'glm4';

/** Where a layer has RMS norms, by what they are called there: before and after each of its two sublayers. */
export interface LayerNorms {
  readonly attentionInput?: UnitName;
  readonly attentionOutput?: UnitName;
  readonly mlpInput?: UnitName;
  readonly mlpOutput?: UnitName;
}

/** What sets a family apart; every other difference is a key of its config.json. */
export interface FamilyTraits {
  /** Models that are of it, for people. */
  readonly models: string;
  /** Which biases the attention projections have; 'config' follows `attention_bias` for all four, 'qkvConfig' for three. */
  readonly attentionBias: 'none' | 'qkv' | 'config' | 'qkvConfig';
  readonly mlpBias: 'none' | 'config';
  readonly norms: LayerNorms;
  /** A norm multiplies by this plus its weight. */
  readonly normOffset: 0 | 1;
  /** RMS norm of queries and keys before RoPE: of every head, or of all heads together. */
  readonly queryKeyNorms: 'none' | 'head' | 'whole';
  /**
   * 'all': every layer has the window, save those that `layer_types` takes out; 'every': all, whatever `layer_types` says;
   * 'layers': `layer_types`, or `use_sliding_window` from `max_window_layers` up; 'types': `layer_types`, which follow a pattern
   * where they are left out.
   */
  readonly slidingWindow: 'none' | 'all' | 'every' | 'layers' | 'types';
  /**
   * Where `layer_types` is left out: of layers counted from 1, those whose number this divides are `full_attention`, the others
   * slide. The key, where there is one, says another number.
   */
  readonly fullEvery?: { readonly layers: number; readonly key?: string };
  /**
   * Given where each type of layer has a rotation of its own: the base of layers with a window where `rope_parameters` does not
   * give it. The key, where there is one, says another.
   */
  readonly ropeByLayerType?: { readonly slidingTheta: number; readonly key?: string };
  /** The types of `rope_type` that the class takes, where it does not take all; others stand for what they are mapped to. */
  readonly ropeTypes?: {
    readonly known: readonly string[];
    readonly aliases: Readonly<Record<string, string>>;
  };
  /** Whether `partial_rotary_factor` is read. */
  readonly partialRotary: boolean;
  /** Whether neighbours of a head are rotated together, not its two halves. */
  readonly interleavedRotary: boolean;
  /** Whether queries grow with their position, by `llama_4_scaling_beta`. */
  readonly scaledQueries: boolean;
  /** Whether `no_rope_layers` takes the rotation from some layers. */
  readonly layersWithoutRope: boolean;
  /** Which key names the activation of the gate. */
  readonly activationKey: 'hidden_act' | 'hidden_activation';
  /** What scores are multiplied by: 1/√headDim, 1/√`query_pre_attn_scalar`, or `attention_multiplier`. */
  readonly attentionScale: 'head' | 'query_pre_attn_scalar' | 'attention_multiplier';
  /** Whether token embeddings are multiplied by √D. */
  readonly scaledEmbeddings: boolean;
  /** Whether `embedding_multiplier`, `residual_multiplier` and `logits_scaling` are read. */
  readonly multipliers: boolean;
  /** What is bounded by cap · tanh(x / cap) where config.json has a cap. */
  readonly softCaps: readonly ('attention' | 'logits')[];
  /** Values of keys that config.json leaves out, as transformers' configuration class has them. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** Whether a config.json's `model_type`, or an importance.json's `model.family`, is one of the families. */
export function isFamily(name: unknown): name is Family {
  return typeof name === 'string' && Object.hasOwn(FAMILIES, name);
}

const LLAMA: FamilyTraits = {
  models: 'Llama 2 to 3.3, TinyLlama, SmolLM2, DeepSeek-R1-Distill-Llama',
  attentionBias: 'config',
  mlpBias: 'config',
  norms: { attentionInput: 'input_layernorm', mlpInput: 'post_attention_layernorm' },
  normOffset: 0,
  queryKeyNorms: 'none',
  slidingWindow: 'none',
  partialRotary: false,
  interleavedRotary: false,
  scaledQueries: false,
  layersWithoutRope: false,
  activationKey: 'hidden_act',
  attentionScale: 'head',
  scaledEmbeddings: false,
  multipliers: false,
  softCaps: [],
  defaults: { max_position_embeddings: 2048, rms_norm_eps: 1e-6, tie_word_embeddings: false },
};

const MISTRAL: FamilyTraits = {
  ...LLAMA,
  models: 'Mistral 7B, Mistral NeMo, Mathstral, Ministral 8B (2410)',
  attentionBias: 'none',
  mlpBias: 'none',
  slidingWindow: 'all',
  defaults: {
    max_position_embeddings: 131072,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-6,
    sliding_window: 4096,
    tie_word_embeddings: false,
  },
};

const QWEN2: FamilyTraits = {
  ...LLAMA,
  models: 'Qwen2, Qwen2.5, Qwen2.5-Math, DeepSeek-R1-Distill-Qwen',
  attentionBias: 'qkv',
  mlpBias: 'none',
  slidingWindow: 'layers',
  defaults: {
    max_position_embeddings: 32768,
    max_window_layers: 28,
    num_key_value_heads: 32,
    rms_norm_eps: 1e-6,
    sliding_window: 4096,
    tie_word_embeddings: false,
    use_sliding_window: false,
  },
};

const OLMO2: FamilyTraits = {
  ...LLAMA,
  models: 'OLMo 2',
  mlpBias: 'none',
  norms: { attentionOutput: 'post_attention_layernorm', mlpOutput: 'post_feedforward_layernorm' },
  queryKeyNorms: 'whole',
  defaults: { max_position_embeddings: 2048, rms_norm_eps: 1e-5, tie_word_embeddings: false },
};

const GEMMA: FamilyTraits = {
  ...LLAMA,
  models: 'Gemma 2',
  mlpBias: 'none',
  norms: {
    attentionInput: 'input_layernorm',
    attentionOutput: 'post_attention_layernorm',
    mlpInput: 'pre_feedforward_layernorm',
    mlpOutput: 'post_feedforward_layernorm',
  },
  normOffset: 1,
  slidingWindow: 'types',
  activationKey: 'hidden_activation',
  attentionScale: 'query_pre_attn_scalar',
  scaledEmbeddings: true,
  softCaps: ['attention', 'logits'],
  defaults: {
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 8192,
    num_key_value_heads: 4,
    query_pre_attn_scalar: 256,
    rms_norm_eps: 1e-6,
    sliding_window: 4096,
    tie_word_embeddings: true,
  },
};

const GEMMA3: FamilyTraits = {
  ...GEMMA,
  models: 'Gemma 3 (270M, 1B; 4B and more within `gemma3`)',
  queryKeyNorms: 'head',
  fullEvery: { layers: 6, key: 'sliding_window_pattern' },
  ropeByLayerType: { slidingTheta: 1e4, key: 'rope_local_base_freq' },
  softCaps: ['logits'],
  // All of them: folders that nest the text's part leave out what equals them.
  defaults: {
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    hidden_size: 2304,
    intermediate_size: 9216,
    max_position_embeddings: 131072,
    num_attention_heads: 8,
    num_hidden_layers: 26,
    num_key_value_heads: 4,
    query_pre_attn_scalar: 256,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    sliding_window: 4096,
    tie_word_embeddings: true,
    vocab_size: 262208,
  },
};

/** Source of the traits and defaults: transformers 5, models/<family>/configuration_<family>.py and modeling_<family>.py. */
export const FAMILIES: Readonly<Record<Family, FamilyTraits>> = {
  llama: LLAMA,
  mistral: MISTRAL,
  qwen2: QWEN2,
  qwen3: {
    ...QWEN2,
    models: 'Qwen3 (dense)',
    attentionBias: 'config',
    queryKeyNorms: 'head',
    defaults: { ...QWEN2.defaults, head_dim: 128 },
  },
  smollm3: {
    ...LLAMA,
    models: 'SmolLM3',
    slidingWindow: 'types',
    layersWithoutRope: true,
    defaults: {
      max_position_embeddings: 32768,
      no_rope_layer_interval: 4,
      num_key_value_heads: 4,
      rms_norm_eps: 1e-6,
      rope_theta: 2e6,
      tie_word_embeddings: true,
    },
  },
  granite: {
    ...LLAMA,
    models: 'Granite 3',
    attentionScale: 'attention_multiplier',
    multipliers: true,
    defaults: {
      ...LLAMA.defaults,
      attention_multiplier: 1,
      embedding_multiplier: 1,
      logits_scaling: 1,
      residual_multiplier: 1,
    },
  },
  ministral3: {
    ...MISTRAL,
    models: 'Ministral 3, also within `mistral3`',
    slidingWindow: 'every',
    scaledQueries: true,
    defaults: {
      head_dim: 128,
      max_position_embeddings: 262144,
      num_key_value_heads: 8,
      rms_norm_eps: 1e-5,
      rope_parameters: {
        type: 'yarn',
        rope_theta: 1e6,
        factor: 16,
        original_max_position_embeddings: 16384,
        beta_fast: 32,
        beta_slow: 1,
        mscale_all_dim: 1,
        mscale: 1,
        llama_4_scaling_beta: 0.1,
      },
      tie_word_embeddings: false,
    },
  },
  olmo2: OLMO2,
  olmo3: {
    ...OLMO2,
    models: 'OLMo 3',
    slidingWindow: 'types',
    fullEvery: { layers: 4 },
    ropeByLayerType: { slidingTheta: 5e5 },
    defaults: { ...OLMO2.defaults, rope_theta: 5e5, sliding_window: 4096 },
  },
  gemma2: { ...GEMMA, fullEvery: { layers: 2 } },
  gemma3_text: GEMMA3,
  phi3: {
    ...MISTRAL,
    models: 'Phi-3, Phi-3.5, Phi-4, Phi-4-mini',
    slidingWindow: 'every',
    partialRotary: true,
    ropeTypes: { known: ['default', 'longrope'], aliases: { su: 'longrope', yarn: 'longrope' } },
    defaults: {
      max_position_embeddings: 4096,
      original_max_position_embeddings: 4096,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: false,
    },
  },
  glm4: {
    ...LLAMA,
    models: 'GLM-4-0414',
    attentionBias: 'qkvConfig',
    mlpBias: 'none',
    norms: {
      attentionInput: 'input_layernorm',
      attentionOutput: 'post_self_attn_layernorm',
      mlpInput: 'post_attention_layernorm',
      mlpOutput: 'post_mlp_layernorm',
    },
    partialRotary: true,
    interleavedRotary: true,
    defaults: {
      attention_bias: true,
      head_dim: 128,
      max_position_embeddings: 131072,
      num_key_value_heads: 2,
      partial_rotary_factor: 0.5,
      rms_norm_eps: 1.5625e-7,
      tie_word_embeddings: false,
    },
  },
};
