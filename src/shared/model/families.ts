/** The families of models that are supported, by the `model_type` of their config.json. */
export type Family = 'llama' | 'mistral' | 'qwen2' | 'qwen3';

/** What sets a family apart; every other difference is a key of its config.json. */
export interface FamilyTraits {
  /** Which biases the attention projections have; 'config' follows `attention_bias` for all four. */
  readonly attentionBias: 'none' | 'qkv' | 'config';
  readonly mlpBias: 'none' | 'config';
  /** RMS norm of every query and key head before RoPE. */
  readonly headNorms: boolean;
  /** 'all': every layer has the window, save those that `layer_types` takes out; 'layers': `layer_types`, or `use_sliding_window` from `max_window_layers` up. */
  readonly slidingWindow: 'none' | 'all' | 'layers';
  /** Defaults of transformers' configuration class, for keys that config.json leaves out. */
  readonly defaults: {
    readonly numKeyValueHeads?: number;
    readonly headDim?: number;
    readonly slidingWindow?: number;
  };
}

/** Whether a config.json's `model_type`, or an importance.json's `model.family`, is one of the families. */
export function isFamily(name: unknown): name is Family {
  return typeof name === 'string' && Object.hasOwn(FAMILIES, name);
}

/** Source of the traits and defaults: transformers 5, models/<family>/configuration_<family>.py and modeling_<family>.py. */
export const FAMILIES: Readonly<Record<Family, FamilyTraits>> = {
  llama: {
    attentionBias: 'config',
    mlpBias: 'config',
    headNorms: false,
    slidingWindow: 'none',
    defaults: {},
  },
  mistral: {
    attentionBias: 'none',
    mlpBias: 'none',
    headNorms: false,
    slidingWindow: 'all',
    defaults: { numKeyValueHeads: 8, slidingWindow: 4096 },
  },
  qwen2: {
    attentionBias: 'qkv',
    mlpBias: 'none',
    headNorms: false,
    slidingWindow: 'layers',
    defaults: { numKeyValueHeads: 32, slidingWindow: 4096 },
  },
  qwen3: {
    attentionBias: 'config',
    mlpBias: 'none',
    headNorms: true,
    slidingWindow: 'layers',
    defaults: { numKeyValueHeads: 32, headDim: 128, slidingWindow: 4096 },
  },
};

/** Of transformers' qwen2 and qwen3 configurations. */
export const DEFAULT_MAX_WINDOW_LAYERS = 28;
