import * as v from 'valibot';
import { jsonWithNumbersOf } from '../../src/shared/common/jsonNumbers';
import { parseWith } from '../../src/shared/common/parse';
import { FAMILIES, isFamily, type Family } from '../../src/shared/model/families';
import { SMALL, type Config } from './publicConfigs';
import { writeRandomFolder } from './randomModel';
import type { Recipe } from './recipe';

const family = v.custom<Family>(isFamily);
const Named = v.looseObject({ model_type: family });
const Fields = v.looseObject({
  model_type: family,
  vocab_size: v.number(),
  hidden_size: v.number(),
  intermediate_size: v.number(),
  num_hidden_layers: v.number(),
  num_attention_heads: v.number(),
  num_key_value_heads: v.optional(v.number()),
  head_dim: v.optional(v.number()),
  attention_bias: v.optional(v.boolean()),
  mlp_bias: v.optional(v.boolean()),
  tie_word_embeddings: v.boolean(),
  attention_multiplier: v.optional(v.number()),
  query_pre_attn_scalar: v.optional(v.number()),
});

/**
 * Writes a public model that was made small, with random weights, as a Hugging Face folder.
 * @param published the text of its config.json, whose numbers keep their spelling: to transformers 30 is no float
 */
export function writePublicModel(folder: string, config: Config, published: string): void {
  writeRandomFolder(folder, recipeOf(config), jsonWithNumbersOf(published, config));
}

/** Weights with which each key shows: scores spread alike whatever scales them, and the first norm's squares are as small as epsilon. */
function recipeOf(config: Config): Recipe {
  const { model_type: name } = parseWith(Named, config, 'a public config.json');
  const tied = config.tie_word_embeddings ?? FAMILIES[name].defaults.tie_word_embeddings;
  const fields = parseWith(Fields, { ...config, tie_word_embeddings: tied }, 'a public config.json');
  const scale = fields.attention_multiplier ?? (fields.query_pre_attn_scalar ?? SMALL.headDim) ** -0.5;
  const deviations = {
    // Where it is tied it decides about the size of logits, which has to reach a cap.
    embedding: fields.tie_word_embeddings ? 0.2 : 0.003,
    queries: 0.1 / Math.sqrt(scale),
  };
  return { seed: 31, dtype: 'F32', shards: 1, deviations, config: fields };
}
