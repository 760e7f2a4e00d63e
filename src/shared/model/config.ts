import * as v from 'valibot';
import { inputError } from '../common/errors';
import { parseWith } from '../common/parse';
import { DEFAULT_MAX_WINDOW_LAYERS, FAMILIES, isFamily, type Family, type FamilyTraits } from './families';
import { isRefused } from './configKeys';
import { parseRope, type Rope } from './ropeConfig';

/** What config.json says, with transformers' defaults filled in. */
export interface ModelConfig {
  readonly family: Family;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly maxPositionEmbeddings: number;
  readonly rmsNormEps: number;
  readonly rope: Rope;
  /** For families whose `attention_bias` decides. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly tieWordEmbeddings: boolean;
  /** Per layer: how many positions back attention reaches, itself included; undefined is all. */
  readonly slidingWindows: readonly (number | undefined)[];
  /** The file as it is, for whoever writes a changed one. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1));
const flag = v.nullish(v.boolean(), false);

const ConfigFile = v.looseObject({
  model_type: v.string(),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: v.nullish(size),
  head_dim: v.nullish(size),
  hidden_act: v.optional(v.string(), 'silu'),
  max_position_embeddings: v.nullish(size, 2048),
  rms_norm_eps: v.nullish(v.pipe(v.number(), v.minValue(0)), 1e-6),
  rope_theta: v.nullish(v.pipe(v.number(), v.gtValue(0)), 10000),
  attention_bias: flag,
  mlp_bias: flag,
  tie_word_embeddings: flag,
  sliding_window: v.nullish(size),
  use_sliding_window: flag,
  max_window_layers: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0)), DEFAULT_MAX_WINDOW_LAYERS),
  layer_types: v.nullish(v.array(v.picklist(['full_attention', 'sliding_attention']))),
});
type ConfigFile = v.InferOutput<typeof ConfigFile>;

/**
 * Checks the content of a Hugging Face config.json; `file` is named in errors.
 * @throws AdeptError (input) that names the file and the key: missing, of the wrong kind, or one that would change
 * the computation in a way that is not supported.
 */
export function parseModelConfig(raw: Record<string, unknown>, file: string): ModelConfig {
  const family = familyOf(raw, file);
  const fields = parseWith(ConfigFile, raw, file);
  rejectUnsupported(raw, fields, file);
  const traits = FAMILIES[family];
  const numKeyValueHeads = keyValueHeads(raw, fields, traits, file);
  const headDim =
    fields.head_dim ?? traits.defaults.headDim ?? fields.hidden_size / fields.num_attention_heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw inputError(
      `${file}: "head_dim" is ${headDim}, and RoPE needs an even whole number: correct it (where the key is left out it is hidden_size / num_attention_heads).`,
    );
  }
  return {
    family,
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    numHiddenLayers: fields.num_hidden_layers,
    numAttentionHeads: fields.num_attention_heads,
    numKeyValueHeads,
    headDim,
    maxPositionEmbeddings: fields.max_position_embeddings,
    rmsNormEps: fields.rms_norm_eps,
    rope: parseRope(
      raw,
      { topTheta: fields.rope_theta, maxPositions: fields.max_position_embeddings, headDim },
      file,
    ),
    attentionBias: traits.attentionBias === 'config' && fields.attention_bias,
    mlpBias: traits.mlpBias === 'config' && fields.mlp_bias,
    tieWordEmbeddings: fields.tie_word_embeddings,
    slidingWindows: slidingWindows(raw, fields, traits, file),
    raw,
  };
}

function familyOf(raw: Record<string, unknown>, file: string): Family {
  const type = raw.model_type;
  if (isFamily(type)) {
    return type;
  }
  throw inputError(
    `${file}: "model_type" is ${type === undefined ? 'missing' : JSON.stringify(type)}: the engines native and wasm know the families ${Object.keys(FAMILIES).join(', ')}; give a model of one of them, or choose the engine torch.`,
  );
}

function rejectUnsupported(raw: Record<string, unknown>, fields: ConfigFile, file: string): void {
  if (fields.hidden_act !== 'silu' && fields.hidden_act !== 'swish') {
    throw inputError(
      `${file}: "hidden_act" is "${fields.hidden_act}"; the engines native and wasm support only "silu": use a model with it, or choose the engine torch.`,
    );
  }
  for (const [key, value] of Object.entries(raw)) {
    if (isRefused(key, value)) {
      throw inputError(
        `${file}: "${key}" is ${JSON.stringify(value).slice(0, 100)}, which would change the computation, and the engines native and wasm do not support it: use a model without it, or choose the engine torch.`,
      );
    }
  }
}

function keyValueHeads(
  raw: Record<string, unknown>,
  fields: ConfigFile,
  traits: FamilyTraits,
  file: string,
): number {
  const given = 'num_key_value_heads' in raw ? fields.num_key_value_heads : traits.defaults.numKeyValueHeads;
  const heads = given ?? fields.num_attention_heads;
  if (fields.num_attention_heads % heads !== 0) {
    throw inputError(
      `${file}: "num_attention_heads" (${fields.num_attention_heads}) is not a multiple of "num_key_value_heads" (${heads}): correct one of them.`,
    );
  }
  return heads;
}

function slidingWindows(
  raw: Record<string, unknown>,
  fields: ConfigFile,
  traits: FamilyTraits,
  file: string,
): (number | undefined)[] {
  const layers = fields.num_hidden_layers;
  const types = fields.layer_types;
  if (types !== null && types !== undefined && types.length !== layers) {
    throw inputError(
      `${file}: "layer_types" has ${types.length} entries for ${layers} layers: correct one of them.`,
    );
  }
  const window =
    'sliding_window' in raw ? (fields.sliding_window ?? undefined) : traits.defaults.slidingWindow;
  switch (traits.slidingWindow) {
    case 'none':
      // The class reads none of the keys.
      return Array.from({ length: layers }, () => undefined);
    case 'all':
      // transformers takes a mistral with the key for a ministral (configuration_auto.py), whose layers differ.
      return Array.from({ length: layers }, (_, layer) =>
        types?.[layer] === 'full_attention' ? undefined : window,
      );
    case 'layers': {
      const active = fields.use_sliding_window ? window : undefined;
      const first = fields.max_window_layers;
      return Array.from({ length: layers }, (_, layer) => {
        const sliding = types ? types[layer] === 'sliding_attention' : layer >= first;
        return sliding ? active : undefined;
      });
    }
  }
}
