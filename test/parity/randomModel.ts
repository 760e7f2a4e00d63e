import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/shared/common/random';
import { narrowFloat32 } from '../../src/trainer/safetensors/safetensors';
import { writeSafetensors, type TensorSource } from '../../src/trainer/safetensors/safetensorsWriter';
import type { Recipe } from './recipe';
import { RECIPES, type RecipeName } from './recipes';

/** Tensors of a checkpoint: name, shape, and how wide their values spread around what mean. */
interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Writes a random small model as a Hugging Face folder: config.json, and its weights in one file or in shards with an
 * index. Same recipe, same bytes. The shapes are worked out here from the config, apart from the trainer's own table.
 */
export function writeRandomModel(folder: string, name: RecipeName): string {
  const recipe: Recipe = RECIPES[name];
  return writeRandomFolder(folder, recipe, JSON.stringify(recipe.config, null, 2));
}

/** As {@link writeRandomModel}, of any recipe. @param configText what config.json holds: the recipe's config, or what stands for it */
export function writeRandomFolder(folder: string, recipe: Recipe, configText: string): string {
  mkdirSync(folder, { recursive: true });
  const random = seededRandom(recipe.seed);
  const tensors = tensorPlans(recipe).map((plan) => tensorSource(plan, recipe, random));
  if (recipe.shards === 1) {
    writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
  } else {
    writeShards(folder, tensors, recipe.shards);
  }
  writeFileSync(join(folder, 'config.json'), `${configText}\n`);
  return folder;
}

function tensorPlans({ config, deviations }: Recipe): TensorPlan[] {
  const { hidden_size: d, intermediate_size: f, num_attention_heads: heads, vocab_size: v } = config;
  const headDim = config.head_dim ?? d / heads;
  const keys = (config.num_key_value_heads ?? heads) * headDim;
  const qkvBias = config.model_type === 'qwen2' || config.attention_bias === true;
  const outBias = !['qwen2', 'glm4'].includes(config.model_type) && config.attention_bias === true;
  const { model_type: family } = config;
  const gemma = family.startsWith('gemma');
  const olmo = family.startsWith('olmo');
  // Gemma's norms multiply by 1 + weight.
  const mean = gemma ? 0 : 1;
  const norm = (name: string, size: number): TensorPlan[] => [
    { name: `${name}.weight`, shape: [size], mean, deviation: 0.2 },
  ];
  const linear = (
    name: string,
    out: number,
    input: number,
    bias: boolean,
    deviation = 0.16,
  ): TensorPlan[] => [
    { name: `${name}.weight`, shape: [out, input], mean: 0, deviation },
    ...(bias ? [{ name: `${name}.bias`, shape: [out], mean: 0.05, deviation: 0.2 }] : []),
  ];
  const layer = (index: number): TensorPlan[] => {
    const at = `model.layers.${index}`;
    const headNorms =
      family === 'qwen3' || family === 'gemma3_text'
        ? [...norm(`${at}.self_attn.q_norm`, headDim), ...norm(`${at}.self_attn.k_norm`, headDim)]
        : [];
    const wholeNorms = olmo
      ? [...norm(`${at}.self_attn.q_norm`, heads * headDim), ...norm(`${at}.self_attn.k_norm`, keys)]
      : [];
    return [
      ...(olmo ? [] : norm(`${at}.input_layernorm`, d)),
      ...(family === 'phi3'
        ? linear(`${at}.self_attn.qkv_proj`, heads * headDim + 2 * keys, d, false, deviations?.queries)
        : [
            ...linear(`${at}.self_attn.q_proj`, heads * headDim, d, qkvBias, deviations?.queries),
            ...linear(`${at}.self_attn.k_proj`, keys, d, qkvBias, deviations?.queries),
            ...linear(`${at}.self_attn.v_proj`, keys, d, qkvBias),
          ]),
      ...linear(`${at}.self_attn.o_proj`, d, heads * headDim, outBias),
      ...headNorms,
      ...wholeNorms,
      ...norm(`${at}.post_attention_layernorm`, d),
      ...(family === 'phi3' || family === 'glm4'
        ? linear(`${at}.mlp.gate_up_proj`, 2 * f, d, false)
        : [
            ...linear(`${at}.mlp.gate_proj`, f, d, config.mlp_bias === true),
            ...linear(`${at}.mlp.up_proj`, f, d, config.mlp_bias === true),
          ]),
      ...linear(`${at}.mlp.down_proj`, d, f, config.mlp_bias === true),
      ...(gemma ? norm(`${at}.pre_feedforward_layernorm`, d) : []),
      ...(family === 'glm4'
        ? [...norm(`${at}.post_self_attn_layernorm`, d), ...norm(`${at}.post_mlp_layernorm`, d)]
        : []),
      ...(gemma || olmo ? norm(`${at}.post_feedforward_layernorm`, d) : []),
    ];
  };
  return [
    { name: 'model.embed_tokens.weight', shape: [v, d], mean: 0, deviation: deviations?.embedding ?? 0.2 },
    ...Array.from({ length: config.num_hidden_layers }, (_, index) => layer(index)).flat(),
    ...norm('model.norm', d),
    ...(config.tie_word_embeddings ? [] : linear('lm_head', v, d, false)),
  ];
}

function tensorSource(
  { name, shape, mean, deviation }: TensorPlan,
  { dtype }: Recipe,
  random: () => number,
): TensorSource {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let index = 0; index < values.length; index++) {
    // A sum of four uniforms has variance 1/3. Logarithms and cosines could differ in the last bit between machines.
    const bell = (random() + random() + random() + random() - 2) * Math.sqrt(3);
    values[index] = mean + deviation * bell;
  }
  const bytes = narrowFloat32(values, dtype);
  return { name, dtype, shape, chunks: () => [bytes] };
}

function writeShards(folder: string, tensors: readonly TensorSource[], shards: number): void {
  const weightMap: Record<string, string> = {};
  const size = Math.ceil(tensors.length / shards);
  const number = (value: number): string => String(value).padStart(5, '0');
  for (let shard = 0; shard < shards; shard++) {
    const file = `model-${number(shard + 1)}-of-${number(shards)}.safetensors`;
    const part = tensors.slice(shard * size, (shard + 1) * size);
    writeSafetensors(join(folder, file), part, { format: 'pt' });
    for (const { name } of part) {
      weightMap[name] = file;
    }
  }
  const bytes = tensors.reduce(
    (sum, { dtype, shape }) => sum + shape.reduce((a, b) => a * b, 1) * (dtype === 'F32' ? 4 : 2),
    0,
  );
  const index = { metadata: { total_size: bytes }, weight_map: weightMap };
  writeFileSync(join(folder, 'model.safetensors.index.json'), `${JSON.stringify(index, null, 2)}\n`);
}

/**
 * Token sequences with something to learn in them: mostly a fixed successor of the token before, now and then a
 * random one.
 */
export function randomSequences(seed: number, lengths: readonly number[], vocabSize: number): Int32Array[] {
  const random = seededRandom(seed);
  const anyToken = (): number => Math.floor(random() * vocabSize);
  return lengths.map((length) => {
    let token = anyToken();
    return Int32Array.from({ length }, () => {
      token = random() < 0.7 ? (token * 7 + 3) % vocabSize : anyToken();
      return token;
    });
  });
}
