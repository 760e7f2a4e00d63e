// A LLaMA model with random weights: what the sample's training starts from.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** config.json before the sample is expanded: 6 layers, grouped-query attention, tied embeddings. */
export const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 1,
  eos_token_id: 2,
  head_dim: 16,
  hidden_act: 'silu',
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 160,
  max_position_embeddings: 256,
  mlp_bias: false,
  num_attention_heads: 4,
  num_hidden_layers: 6,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  dtype: 'float32',
  use_cache: true,
  vocab_size: 512,
};

/** @returns {{name: string, shape: number[], deviation: number | null}[]} `null`: a norm, all ones */
function tensors() {
  const {
    hidden_size: d,
    intermediate_size: f,
    head_dim: h,
    num_attention_heads: q,
    num_key_value_heads: k,
  } = CONFIG;
  const matrix = (name, out, width, scale = 1) => ({
    name,
    shape: [out, width],
    deviation: scale / Math.sqrt(width),
  });
  const norm = (name) => ({ name, shape: [d], deviation: null });
  // As GPT-2: what writes into the residual stream starts smaller, the deeper the model.
  const residual = 1 / Math.sqrt(2 * CONFIG.num_hidden_layers);
  const layers = Array.from({ length: CONFIG.num_hidden_layers }, (_, layer) => {
    const at = `model.layers.${layer}`;
    return [
      norm(`${at}.input_layernorm.weight`),
      matrix(`${at}.self_attn.q_proj.weight`, q * h, d),
      matrix(`${at}.self_attn.k_proj.weight`, k * h, d),
      matrix(`${at}.self_attn.v_proj.weight`, k * h, d),
      matrix(`${at}.self_attn.o_proj.weight`, d, q * h, residual),
      norm(`${at}.post_attention_layernorm.weight`),
      matrix(`${at}.mlp.gate_proj.weight`, f, d),
      matrix(`${at}.mlp.up_proj.weight`, f, d),
      matrix(`${at}.mlp.down_proj.weight`, d, f, residual),
    ];
  });
  return [
    { name: 'model.embed_tokens.weight', shape: [CONFIG.vocab_size, d], deviation: 0.06 },
    ...layers.flat(),
    norm('model.norm.weight'),
  ];
}

/** Writes config.json and model.safetensors. @param {string} folder @param {import('./random.mjs').Random} random */
export function writeUntrained(folder, random) {
  const header = { __metadata__: { format: 'pt' } };
  const parts = [];
  let offset = 0;
  for (const { name, shape, deviation } of tensors()) {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () =>
      deviation === null ? 1 : deviation * random.bell(),
    );
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
    parts.push(Buffer.from(values.buffer));
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, padded, ...parts]));
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(CONFIG, null, 2)}\n`);
}
