import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModelConfig, type ModelConfig } from '../../src/shared/model/config';
import type { Family } from '../../src/shared/model/families';
import { writeSafetensors, type TensorSource } from '../../src/trainer/safetensors/safetensorsWriter';
import { expectedTensors } from '../../src/trainer/checkpoint/modelTensors';
import { seededRandom } from '../../src/shared/common/random';

/** What decides how large a model is; the other keys of config.json can be given in `more`. */
export interface ModelShape {
  readonly family?: Family;
  readonly vocab: number;
  readonly hidden: number;
  readonly mlp: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly tied: boolean;
  /** hidden / heads when left out. */
  readonly headDim?: number;
  /** How its weights are stored; float32 when left out. */
  readonly dtype?: 'F32' | 'BF16';
  readonly more?: Readonly<Record<string, unknown>>;
}

/** config.json of a model of this shape. */
export function configOfShape(shape: ModelShape): ModelConfig {
  const raw = {
    model_type: shape.family ?? 'llama',
    vocab_size: shape.vocab,
    hidden_size: shape.hidden,
    intermediate_size: shape.mlp,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.keyValueHeads,
    head_dim: shape.headDim ?? shape.hidden / shape.heads,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: shape.tied,
    ...shape.more,
  };
  return parseModelConfig(raw, 'config.json');
}

/** bfloat16, cut off. */
function bfloat16Bytes(values: Float32Array): Uint8Array {
  const halves = new Uint16Array(values.buffer);
  const upper = new Uint16Array(values.length);
  for (let index = 0; index < upper.length; index += 1) {
    upper[index] = halves[2 * index + 1] ?? NaN;
  }
  return new Uint8Array(upper.buffer);
}

/** Writes a model of this shape with random weights as a Hugging Face folder; the same for the same seed. */
export function writeShapedModel(folder: string, shape: ModelShape, seed = 1): string {
  const config = configOfShape(shape);
  const { dtype = 'F32' } = shape;
  const random = seededRandom(seed);
  const sources = [...expectedTensors(config)].map(([name, dimensions]): TensorSource => {
    const width = dimensions.at(-1) ?? 1;
    return {
      name,
      dtype,
      shape: dimensions,
      *chunks(): Generator<Uint8Array> {
        const isNorm = dimensions.length === 1;
        const values = new Float32Array(dimensions.reduce((a, b) => a * b, 1)).fill(1);
        const scale = Math.sqrt(width);
        // Models of a billion parameters are written, too: Float32Array.from takes minutes for them.
        for (let index = 0; !isNorm && index < values.length; index += 1) {
          values[index] = (2 * random() - 1) / scale;
        }
        yield dtype === 'F32' ? new Uint8Array(values.buffer) : bfloat16Bytes(values);
      },
    };
  });
  mkdirSync(folder, { recursive: true });
  writeSafetensors(join(folder, 'model.safetensors'), sources, { format: 'pt' });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config.raw));
  return folder;
}

/** A corpus file of random token ids, which needs no tokenizer: each row is one sequence. */
export function writeRandomRows(
  file: string,
  size: { readonly sequences: number; readonly seqLen: number; readonly vocab: number },
  seed = 2,
): string {
  const random = seededRandom(seed);
  const row = (): number[] => Array.from({ length: size.seqLen }, () => Math.floor(random() * size.vocab));
  writeFileSync(
    file,
    Array.from({ length: size.sequences }, () => `${JSON.stringify({ tokens: row() })}\n`).join(''),
  );
  return file;
}
