/** Keys of config.json that this program computes with. */
const SUPPORTED_KEYS: ReadonlySet<string> = new Set([
  'model_type',
  'vocab_size',
  'hidden_size',
  'intermediate_size',
  'num_hidden_layers',
  'num_attention_heads',
  'num_key_value_heads',
  'head_dim',
  'hidden_act',
  'max_position_embeddings',
  'rms_norm_eps',
  'rope_theta',
  'rope_scaling',
  'rope_parameters',
  'attention_bias',
  'mlp_bias',
  'tie_word_embeddings',
  'sliding_window',
  'use_sliding_window',
  'max_window_layers',
  'layer_types',
  'original_max_position_embeddings',
]);

/** Keys that say something about the model but change no number of it. */
const INERT_KEYS: ReadonlySet<string> = new Set([
  'architectures',
  'attn_implementation',
  '_attn_implementation',
  '_attn_implementation_autoset',
  '_name_or_path',
  'auto_map',
  'begin_suppress_tokens',
  'bos_token_id',
  'decoder_start_token_id',
  'eos_token_id',
  'forced_bos_token_id',
  'head_dtype',
  'id2label',
  'initializer_range',
  'is_decoder',
  'is_encoder_decoder',
  'is_llama_config',
  'label2id',
  'max_sequence_length',
  'output_attentions',
  'output_hidden_states',
  'pad_token_id',
  'pretraining_tp',
  'problem_type',
  'return_dict',
  'dtype',
  'torch_dtype',
  'transformers.js_config',
  'transformers_version',
  'unsloth_fixed',
  'use_cache',
]);

/** Keys with one harmless value; any other value changes the computation in a way that is not supported. */
const NEUTRAL_VALUES: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ['attention_dropout', [0]],
  ['attention_probs_dropout_prob', [0]],
  ['hidden_dropout', [0]],
  ['partial_rotary_factor', [1]],
  ['rope_interleaved', [false]],
  ['use_mrope', [false]],
  ['attention_multiplier', []],
  ['embedding_multiplier', [1]],
  ['residual_multiplier', [1]],
  ['logits_scaling', [1]],
  ['logit_scale', [1]],
  ['add_cross_attention', [false]],
  ['cross_attention_hidden_size', []],
  ['chunk_size_feed_forward', [0]],
  ['tie_encoder_decoder', [false]],
  ['pruned_heads', [{}]],
]);

/** What the names of settings that change a transformer's computation are made of. */
const COMPUTATIONAL =
  /rope|rotary|norm|attn|attention|window|expert|moe|router|softcap|scal|multiplier|quant|bias|act(ivation)?_?|head|layer|residual|embed|logit|sparse|dropout|lora|adapter/;

/**
 * Whether a key may be left unread: it is known to be inert, holds its neutral value, is null or false, or does not
 * sound like anything that is computed with. What would change the computation and is not supported returns false.
 */
export function mayIgnoreKey(key: string, value: unknown): boolean {
  const neutral = NEUTRAL_VALUES.get(key);
  if (neutral !== undefined) {
    return value === null || neutral.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value));
  }
  return (
    SUPPORTED_KEYS.has(key) ||
    INERT_KEYS.has(key) ||
    value === null ||
    value === false ||
    !COMPUTATIONAL.test(key)
  );
}
