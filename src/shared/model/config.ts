import * as v from 'valibot';
import { inputError } from '../common/errors';
import { parseWith } from '../common/parse';
import { PLAIN_NAMES, type TensorNames } from './checkpointNames';
import { textPart } from './textPart';
import { FAMILIES, isFamily, type Family, type FamilyTraits } from './families';
import { isRefused } from './configKeys';
import { layerRopes, slidingWindows } from './layerKinds';
import type { Rope } from './ropeConfig';

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
  /** Of the MLP's gate; gelu in the approximation by tanh. */
  readonly activation: 'silu' | 'gelu';
  /** For families whose `attention_bias` decides. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly tieWordEmbeddings: boolean;
  /** Per layer: how positions rotate; undefined is not at all. Layers that rotate alike have the same object. */
  readonly ropes: readonly (Rope | undefined)[];
  /** Per layer: how many positions back attention reaches, itself included; undefined is all. */
  readonly slidingWindows: readonly (number | undefined)[];
  /** Token embeddings are multiplied by this. */
  readonly embeddingScale: number;
  /** Attention's scores are multiplied by this. */
  readonly attentionScale: number;
  /** What a sublayer adds to the residual stream is multiplied by this. */
  readonly residualScale: number;
  /** Logits are multiplied by this. */
  readonly logitScale: number;
  /** Scores, and logits, are cap · tanh(x / cap); undefined is as they are. */
  readonly attentionCap: number | undefined;
  readonly logitCap: number | undefined;
  /** How the checkpoint calls its tensors. */
  readonly names: TensorNames;
  /** The file as it is, for whoever writes a changed one. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));
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
  max_position_embeddings: v.nullish(size, 2048),
  rms_norm_eps: v.nullish(v.pipe(v.number(), v.minValue(0)), 1e-6),
  attention_bias: flag,
  mlp_bias: flag,
  tie_word_embeddings: flag,
  attention_multiplier: v.nullish(positive, 1),
  embedding_multiplier: v.nullish(positive, 1),
  residual_multiplier: v.nullish(positive, 1),
  logits_scaling: v.nullish(positive, 1),
  query_pre_attn_scalar: v.nullish(positive, 1),
  attn_logit_softcapping: v.nullish(positive),
  final_logit_softcapping: v.nullish(positive),
});
type ConfigFile = v.InferOutput<typeof ConfigFile>;

/**
 * Checks the content of a Hugging Face config.json, also of one that nests the part that is about text; `file` is named in errors.
 * @param names how the checkpoint calls its tensors; asked where the text's part is one of several
 * @throws AdeptError (input) that names the file and the key: missing, of the wrong kind, or one that would change
 * the computation in a way that is not supported.
 */
export function parseModelConfig(
  whole: Record<string, unknown>,
  file: string,
  names: () => TensorNames = () => PLAIN_NAMES,
): ModelConfig {
  const raw = textOf(whole);
  const family = familyOf(raw, file);
  const traits = FAMILIES[family];
  const filled = { ...traits.defaults, ...raw };
  // transformers takes null for a key that is left out.
  filled.rope_parameters ??= traits.defaults.rope_parameters;
  const fields = parseWith(ConfigFile, filled, file);
  rejectUnsupported(family, raw, file);
  const numKeyValueHeads = keyValueHeads(fields, file);
  const headDim = fields.head_dim ?? fields.hidden_size / fields.num_attention_heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw inputError(
      `${file}: "head_dim" is ${headDim}, and RoPE needs an even whole number: correct it (where the key is left out it is hidden_size / num_attention_heads).`,
    );
  }
  const around = {
    numHiddenLayers: fields.num_hidden_layers,
    maxPositions: fields.max_position_embeddings,
    headDim,
  };
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
    activation: activationOf(filled, traits, file),
    attentionBias: ['config', 'qkvConfig'].includes(traits.attentionBias) && fields.attention_bias,
    mlpBias: traits.mlpBias === 'config' && fields.mlp_bias,
    tieWordEmbeddings: fields.tie_word_embeddings,
    ropes: layerRopes(filled, around, traits, file),
    slidingWindows: slidingWindows(filled, around, traits, file),
    ...scales(fields, traits, headDim),
    names: raw === whole ? PLAIN_NAMES : names(),
    raw: whole,
  };
}

/** Models of several kinds of input whose text's part is of a family: which, and whether embeddings are tied by default. */
const WRAPPERS: Readonly<Record<string, { readonly families: readonly Family[]; readonly tied: boolean }>> = {
  gemma3: { families: ['gemma3_text'], tied: true },
  mistral3: { families: ['ministral3', 'mistral'], tied: true },
};

/** What is about text: a nested part, as far as this program computes it; else the file as it is. */
function textOf(whole: Record<string, unknown>): Record<string, unknown> {
  const part = textPart(whole);
  const { model_type: type } = whole;
  const wrapper = typeof type === 'string' && Object.hasOwn(WRAPPERS, type) ? WRAPPERS[type] : undefined;
  const family = part.model_type ?? wrapper?.families[0];
  if (part === whole || wrapper === undefined || !isFamily(family) || !wrapper.families.includes(family)) {
    return whole;
  }
  const tied = whole.tie_word_embeddings ?? part.tie_word_embeddings ?? wrapper.tied;
  return { ...part, model_type: family, tie_word_embeddings: tied };
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

function rejectUnsupported(family: Family, raw: Record<string, unknown>, file: string): void {
  for (const [key, value] of Object.entries(raw)) {
    if (isRefused(family, key, value)) {
      throw inputError(
        `${file}: "${key}" is ${JSON.stringify(value).slice(0, 100)}, which would change the computation, and the engines native and wasm do not support it: use a model without it, or choose the engine torch.`,
      );
    }
  }
}

const ACTIVATIONS: ReadonlyMap<unknown, ModelConfig['activation']> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu_pytorch_tanh', 'gelu'],
  ['gelu_new', 'gelu'],
]);

function activationOf(
  filled: Record<string, unknown>,
  { activationKey }: FamilyTraits,
  file: string,
): ModelConfig['activation'] {
  const name = filled[activationKey] ?? 'silu';
  const activation = ACTIVATIONS.get(name);
  if (activation === undefined) {
    throw inputError(
      `${file}: "${activationKey}" is ${JSON.stringify(name)}; the engines native and wasm support only ${[...ACTIVATIONS.keys()].map((known) => `"${String(known)}"`).join(', ')}: use a model with one of them, or choose the engine torch.`,
    );
  }
  return activation;
}

function keyValueHeads(fields: ConfigFile, file: string): number {
  const heads = fields.num_key_value_heads ?? fields.num_attention_heads;
  if (fields.num_attention_heads % heads !== 0) {
    throw inputError(
      `${file}: "num_attention_heads" (${fields.num_attention_heads}) is not a multiple of "num_key_value_heads" (${heads}): correct one of them.`,
    );
  }
  return heads;
}

type Scales = Pick<
  ModelConfig,
  'embeddingScale' | 'attentionScale' | 'residualScale' | 'logitScale' | 'attentionCap' | 'logitCap'
>;

function scales(fields: ConfigFile, traits: FamilyTraits, headDim: number): Scales {
  const { multipliers, softCaps } = traits;
  const attentionScale: Record<FamilyTraits['attentionScale'], number> = {
    head: 1 / Math.sqrt(headDim),
    query_pre_attn_scalar: 1 / Math.sqrt(fields.query_pre_attn_scalar),
    attention_multiplier: fields.attention_multiplier,
  };
  const scaled = traits.scaledEmbeddings ? Math.sqrt(fields.hidden_size) : 1;
  return {
    embeddingScale: multipliers ? fields.embedding_multiplier : scaled,
    attentionScale: attentionScale[traits.attentionScale],
    residualScale: multipliers ? fields.residual_multiplier : 1,
    logitScale: multipliers ? 1 / fields.logits_scaling : 1,
    attentionCap: softCaps.includes('attention') ? (fields.attn_logit_softcapping ?? undefined) : undefined,
    logitCap: softCaps.includes('logits') ? (fields.final_logit_softcapping ?? undefined) : undefined,
  };
}
