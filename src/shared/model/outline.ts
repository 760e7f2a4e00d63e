import * as v from 'valibot';
import { AdeptError } from '../common/errors';
import { parseWith } from '../common/parse';
import { parseModelConfig, type ModelConfig } from './config';

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
  tie_word_embeddings: v.nullish(v.boolean(), false),
});

/**
 * Of a Hugging Face config.json what is the same for every family; `file` is named in errors.
 * @throws AdeptError (input) that names the file and the key.
 */
export function parseModelOutline(raw: Record<string, unknown>, file: string): ModelOutline {
  const known = tableConfig(raw, file);
  if (known !== undefined) {
    return known;
  }
  const { model_type } = parseWith(v.looseObject({ model_type: v.string() }), raw, file);
  const text = parseWith(TextPart, textPart(raw), file);
  return {
    family: model_type,
    vocabSize: text.vocab_size,
    hiddenSize: text.hidden_size,
    numHiddenLayers: text.num_hidden_layers,
    maxPositionEmbeddings: text.max_position_embeddings ?? Infinity,
    tieWordEmbeddings: text.tie_word_embeddings,
    raw,
  };
}

/** The configuration of a model that the architecture table describes, which the engines native and wasm compute; undefined of others. */
export function tableConfig(raw: Record<string, unknown>, file: string): ModelConfig | undefined {
  try {
    return parseModelConfig(raw, file);
  } catch (error) {
    if (error instanceof AdeptError && error.kind === 'input') {
      return undefined;
    }
    throw error;
  }
}

/** The part of a config.json that is about text: models of several kinds of input nest it. */
export function textPart(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const nested = v.safeParse(v.record(v.string(), v.unknown()), raw.text_config);
  return nested.success ? nested.output : raw;
}
