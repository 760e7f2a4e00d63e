import { FAMILIES, type Family } from './families';

/**
 * What the class of a family reads of config.json, by transformers' own code: models/<family>/configuration_<family>.py and
 * modeling_<family>.py, configuration_auto.py, modeling_rope_utils.py and masking_utils.py. What is not here it never reads, so
 * that it computes the same with any value: test/parity/configKeys.test.ts.
 */
const READ_BY_ALL: readonly string[] = [
  'model_type',
  'vocab_size',
  'hidden_size',
  'intermediate_size',
  'num_hidden_layers',
  'num_attention_heads',
  'num_key_value_heads',
  'head_dim',
  'max_position_embeddings',
  'rms_norm_eps',
  'rope_theta',
  'rope_scaling',
  'rope_parameters',
  'original_max_position_embeddings',
  'partial_rotary_factor',
  'tie_word_embeddings',
];

/** Read by the class, without a bearing on losses: dropout is off, and how attention is computed is the engine's choice. */
const READ_WITHOUT_EFFECT: readonly string[] = ['attention_dropout', '_attn_implementation', 'pad_token_id'];

/** What transformers' base class knows: it describes the model, its use, or its files. */
const DESCRIPTIVE: ReadonlySet<string> = new Set([
  'architectures',
  'attn_implementation',
  '_attn_implementation_autoset',
  '_name_or_path',
  'auto_map',
  'bos_token_id',
  'eos_token_id',
  'id2label',
  'initializer_range',
  'is_encoder_decoder',
  'label2id',
  'output_attentions',
  'output_hidden_states',
  'problem_type',
  'pretraining_tp',
  'return_dict',
  'dtype',
  'torch_dtype',
  'transformers_version',
  'use_cache',
]);

/** Read by one family's class, without a bearing: Gemma 3 has the cap from Gemma 2 and bounds no scores; dropout is off. */
const WITHOUT_EFFECT_OF: Readonly<Partial<Record<Family, readonly string[]>>> = {
  gemma3_text: ['attn_logit_softcapping'],
  phi3: ['embd_pdrop', 'resid_pdrop'],
};

/** What only some families read, and what of it would have to be computed. */
const REFUSED_OF: Readonly<Partial<Record<Family, ReadonlyMap<string, (value: unknown) => boolean>>>> = {
  gemma2: new Map([['use_bidirectional_attention', isFilled]]),
  gemma3_text: new Map([['use_bidirectional_attention', isFilled]]),
};

/** Keys that transformers reads for every family, and what of them would have to be computed. */
const REFUSED: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  // masking_utils.py: what Python takes for false is attention both ways, null as well.
  ['is_causal', (value: unknown) => value === false || value === null || value === 0],
  ['quantization_config', isFilled],
  ['compression_config', isFilled],
  // configuration_utils.py: another configuration takes the place of this one.
  ['text_config', isFilled],
]);

function isFilled(value: unknown): boolean {
  return value !== null && value !== false;
}

/** The keys of config.json that a family's class reads, and that this program computes with. */
export function readKeys(family: Family): ReadonlySet<string> {
  const traits = FAMILIES[family];
  const { slidingWindow } = traits;
  const when = (reads: boolean, ...keys: string[]): string[] => (reads ? keys : []);
  return new Set([
    ...READ_BY_ALL,
    traits.activationKey,
    ...when(['config', 'qkvConfig'].includes(traits.attentionBias), 'attention_bias'),
    ...when(traits.mlpBias === 'config', 'mlp_bias'),
    ...when(slidingWindow !== 'none', 'sliding_window'),
    ...when(['all', 'layers', 'types'].includes(slidingWindow), 'layer_types'),
    ...when(slidingWindow === 'layers', 'use_sliding_window', 'max_window_layers'),
    ...when(traits.layersWithoutRope, 'no_rope_layers', 'no_rope_layer_interval', 'use_sliding_window'),
    ...[traits.fullEvery?.key ?? [], traits.ropeByLayerType?.key ?? []].flat(),
    ...when(traits.attentionScale !== 'head', traits.attentionScale),
    ...when(traits.multipliers, 'embedding_multiplier', 'residual_multiplier', 'logits_scaling'),
    ...when(traits.softCaps.includes('attention'), 'attn_logit_softcapping'),
    ...when(traits.softCaps.includes('logits'), 'final_logit_softcapping'),
    ...(REFUSED_OF[family]?.keys() ?? []),
  ]);
}

/** Whether a key of config.json, with this value, has transformers compute what the engines native and wasm do not. */
export function isRefused(family: Family, key: string, value: unknown): boolean {
  const changes = REFUSED_OF[family]?.get(key) ?? REFUSED.get(key);
  return changes?.(value) ?? false;
}

/** Whether a key of config.json has a meaning here for a family, if only that it changes nothing. */
export function isKnownKey(family: Family, key: string): boolean {
  const withoutEffect =
    READ_WITHOUT_EFFECT.includes(key) ||
    DESCRIPTIVE.has(key) ||
    WITHOUT_EFFECT_OF[family]?.includes(key) === true;
  return readKeys(family).has(key) || withoutEffect || REFUSED.has(key);
}

/** Keys that the family's class never reads and that do not describe a model, in the file's order: for the log. */
export function ignoredKeys(family: Family, raw: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(raw).filter((key) => !isKnownKey(family, key));
}
