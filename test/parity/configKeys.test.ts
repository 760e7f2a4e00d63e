import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../support/temporaryFolder';
import { checkLogits } from './checkLogits';
import { ENGINES } from './engines';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPES, type RecipeName } from './recipes';

interface Case {
  readonly recipe: RecipeName;
  /** Put over the recipe's config.json. */
  readonly change: Readonly<Record<string, unknown>>;
}

/**
 * Shorter and longer than the original lengths below. One length at a time, since a batch rotates by its longest sequence;
 * ascending, since transformers keeps the longest rotation that it met.
 */
const LENGTHS = [17, 24, 33, 48];

/** What config.json may say, on models whose other keys are those of the recipes. */
const CASES: Readonly<Record<string, Case>> = {
  yarn: {
    recipe: 'qwen2',
    change: {
      max_position_embeddings: 96,
      rope_scaling: { type: 'yarn', factor: 4, original_max_position_embeddings: 24, beta_fast: 4 },
    },
  },
  yarnScaled: {
    recipe: 'llamaBias',
    change: {
      max_position_embeddings: 96,
      rope_scaling: null,
      rope_parameters: {
        rope_type: 'yarn',
        rope_theta: 400,
        factor: null,
        original_max_position_embeddings: 24,
        beta_fast: 3,
        beta_slow: 0.5,
        mscale: 1.5,
        mscale_all_dim: 0.7,
        truncate: false,
      },
    },
  },
  dynamic: {
    recipe: 'qwen3',
    change: {
      max_position_embeddings: 24,
      rope_parameters: { rope_type: 'dynamic', rope_theta: 500, factor: 3 },
    },
  },
  longrope: {
    recipe: 'llamaBias',
    change: {
      max_position_embeddings: 96,
      original_max_position_embeddings: 24,
      rope_scaling: { type: 'longrope', short_factor: [1, 1.1, 1.4, 2], long_factor: [1, 2, 5, 11] },
    },
  },
  proportional: {
    recipe: 'qwen3',
    change: {
      rope_parameters: {
        rope_type: 'proportional',
        rope_theta: 300,
        partial_rotary_factor: 0.5,
        factor: 2,
      },
    },
  },
  /** What no class of these families reads, with values that other families compute with. */
  unreadLlama: {
    recipe: 'llamaHalf',
    change: {
      _flash_attn_2_enabled: true,
      use_flash_attention: true,
      attention_dropout: 0.1,
      attn_pdrop: 0,
      num_experts: 0,
      norm_eps: 0.5,
      embedding_multiplier: 12,
      logits_scaling: 8,
      residual_multiplier: 0.2,
      attention_multiplier: 0.01,
      final_logit_softcapping: 30,
      sliding_window: 5,
      use_sliding_window: true,
      use_mrope: true,
      rope_interleaved: true,
      is_causal: true,
    },
  },
  unreadMistral: {
    recipe: 'mistral',
    change: {
      attention_bias: true,
      mlp_bias: true,
      max_window_layers: 1,
      use_sliding_window: false,
    },
  },
  /** With the key transformers takes a mistral for a ministral. */
  mistralLayerTypes: {
    recipe: 'mistral',
    change: { layer_types: ['full_attention', 'sliding_attention', 'full_attention'] },
  },
  /** Nested by type of layer, a base in each. */
  nestedGemma3: {
    recipe: 'gemma3',
    change: {
      rope_theta: undefined,
      rope_scaling: undefined,
      rope_local_base_freq: undefined,
      sliding_window_pattern: undefined,
      layer_types: ['full_attention', 'sliding_attention', 'sliding_attention', 'full_attention'],
      rope_parameters: {
        full_attention: { rope_type: 'dynamic', rope_theta: 300, factor: 2 },
        sliding_attention: { rope_type: 'linear', rope_theta: 60, factor: 1.5 },
      },
      final_logit_softcapping: 2.5,
      attn_logit_softcapping: 1.5,
      hidden_act: 'relu',
      num_experts: 0,
    },
  },
  /** The oldest spelling: what is scaled is of layers without a window. */
  flatOlmo3: {
    recipe: 'olmo3',
    change: {
      rope_parameters: undefined,
      rope_theta: 90,
      rope_scaling: { rope_type: 'linear', factor: 2 },
      sliding_window_pattern: 2,
    },
  },
  /** Listed, more than there are layers; a window that only `layer_types` switches on. */
  listedSmollm3: {
    recipe: 'smollm3',
    change: {
      no_rope_layers: [0, 1, 1, 0, 1, 1],
      use_sliding_window: false,
      layer_types: ['sliding_attention', 'full_attention', 'full_attention', 'sliding_attention'],
    },
  },
  /** Everything about rotation by default, which for this family is YaRN. */
  defaultMinistral3: {
    recipe: 'ministral3',
    change: {
      rope_parameters: null,
      sliding_window: null,
      layer_types: ['sliding_attention', 'full_attention', 'full_attention'],
    },
  },
  /** A share in the parameters, and the old name of the type. */
  shareOfPhi3: {
    recipe: 'phi3',
    change: {
      partial_rotary_factor: undefined,
      original_max_position_embeddings: undefined,
      rope_scaling: undefined,
      rope_parameters: { rope_type: 'default', rope_theta: 80, partial_rotary_factor: 0.5 },
      sliding_window: null,
      embd_pdrop: 0.1,
      resid_pdrop: 0.1,
    },
  },
  yarnGlm4: {
    recipe: 'glm4',
    change: {
      partial_rotary_factor: undefined,
      attention_bias: undefined,
      rope_parameters: { rope_type: 'yarn', rope_theta: 90, factor: 3, original_max_position_embeddings: 16 },
    },
  },
  /** The rotation of the type "default" reads no share and no factor. */
  unreadRope: {
    recipe: 'qwen2',
    change: {
      partial_rotary_factor: 0.5,
      rope_scaling: { rope_type: 'default', factor: 8, mrope_section: [1, 1] },
    },
  },
};

describe('keys of config.json compute what they do in transformers', () => {
  for (const engine of ENGINES) {
    for (const [name, { recipe, change }] of Object.entries(CASES)) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const { vocab_size: vocabSize } = RECIPES[recipe].config;
        const folder = writeRandomModel(temporaryFolder(t), recipe);
        const file = join(folder, 'config.json');
        const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
        writeFileSync(file, JSON.stringify({ ...config, ...change }));
        for (const length of LENGTHS) {
          const sequences = randomSequences(length, [length, length], vocabSize);
          await checkLogits(t, engine, folder, sequences, vocabSize, `keys-${name}-${length}`);
        }
      });
    }
  }
});
