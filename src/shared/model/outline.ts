import * as v from 'valibot';
import { AdeptError } from '../common/errors';
import { parseWith } from '../common/parse';
import { parseModelConfig, type ModelConfig } from './config';
import { textPart } from './textPart';
import type { TensorNames } from './checkpointNames';

/** What the method, the data and the run folder need to know of a model of any family; {@link ModelConfig} has all of it. */
export interface ModelOutline {
  /** The `model_type` of config.json. */
  readonly family: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  /** Infinity where config.json has no limit. */
  readonly maxPositionEmbeddings: number;
  readonly tieWordEmbeddings: boolean;
  /** The file as it is, for whoever writes a changed one. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1));

const TextPart = v.looseObject({
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: size,
  max_position_embeddings: v.nullish(size),
});
const Tied = v.looseObject({ tie_word_embeddings: v.nullish(v.boolean()) });

/**
 * Of a Hugging Face config.json what is the same for every family; `file` is named in errors.
 * @param vocabulary tokens that the embedding has; asked where config.json leaves them to the family's default
 * @param names how the checkpoint calls its tensors; asked where the text's part is one of several
 * @throws AdeptError (input) that names the file and the key.
 */
export function parseModelOutline(
  raw: Record<string, unknown>,
  file: string,
  vocabulary: () => number | undefined = () => undefined,
  names?: () => TensorNames,
): ModelOutline {
  const known = tableConfig(raw, file, names);
  if (known !== undefined) {
    return known;
  }
  const { model_type } = parseWith(v.looseObject({ model_type: v.string() }), raw, file);
  const part = textPart(raw);
  const text = parseWith(TextPart, { ...part, vocab_size: part.vocab_size ?? vocabulary() }, file);
  const [outer, inner] = [parseWith(Tied, raw, file), parseWith(Tied, part, file)];
  return {
    family: model_type,
    vocabSize: text.vocab_size,
    hiddenSize: text.hidden_size,
    numHiddenLayers: text.num_hidden_layers,
    maxPositionEmbeddings: text.max_position_embeddings ?? Infinity,
    tieWordEmbeddings: outer.tie_word_embeddings ?? inner.tie_word_embeddings ?? false,
    raw,
  };
}

const ONLY_IN_TABLE: keyof Omit<ModelConfig, keyof ModelOutline> = 'ropes';

/** Whether the architecture table describes a model, which the engines native and wasm then compute: its outline is all of it. */
export function isInTable(outline: ModelOutline): outline is ModelConfig {
  return ONLY_IN_TABLE in outline;
}

function tableConfig(
  raw: Record<string, unknown>,
  file: string,
  names?: () => TensorNames,
): ModelConfig | undefined {
  try {
    return parseModelConfig(raw, file, names);
  } catch (error) {
    if (error instanceof AdeptError && error.kind === 'input') {
      return undefined;
    }
    throw error;
  }
}

/** Whether a layer lies above the decoder's, for the most part to guess several tokens ahead: transformers does not load it. */
export function isBeyondLayers(
  { numHiddenLayers }: Pick<ModelOutline, 'numHiddenLayers'>,
  layer: number,
): boolean {
  return layer >= numHiddenLayers;
}
