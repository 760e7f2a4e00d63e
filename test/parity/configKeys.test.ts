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
const LENGTHS = [24, 33, 48];

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
