import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseWith } from '../../src/shared/common/parse';
import { projectRoot } from '../support/projectRoot';

const Config = v.record(v.string(), v.unknown());
export type Config = v.InferOutput<typeof Config>;

/** A line of publicConfigs.jsonl. */
const PublicConfig = v.strictObject({
  /** Where it is published, and what of it that is where it is not the whole file. */
  model: v.string(),
  /** Copied from a text that quotes the file, or written from memory: such a line shows no key that one can rely on. */
  from: v.picklist(['found', 'recalled']),
  config: Config,
});

export interface PublicConfig extends v.InferOutput<typeof PublicConfig> {
  /** The line, which tells 30.0 from 30. */
  readonly text: string;
}

/** What public models have for a config.json, keys and values as published. */
export function publicConfigs(): PublicConfig[] {
  const file = 'test/parity/publicConfigs.jsonl';
  return readFileSync(join(projectRoot, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text, line) => ({
      ...parseWith(PublicConfig, JSON.parse(text), `${file}, line ${line + 1}`),
      text,
    }));
}

export const SMALL = { vocabSize: 97, layers: 6, headDim: 16, mlp: 40, shortest: 24 };

/**
 * The same model made small. Every key stays, and each that says no size as it is:
 * - layers: the first six, which is a whole period of every pattern; `max_window_layers` in proportion
 * - heads: of 16 numbers, two groups of at most three queries a key where several share one; hidden_size in the proportion to
 *   them that it has, so that it differs from all heads together where it does
 * - lengths: so that the shortest of positions, original positions and window is 24, the others in proportion to it
 * - factors of pairs: as many as are left, from everywhere in the list
 * - a vocabulary of 97, and ids of tokens modulo that: transformers refuses a `pad_token_id` that it does not hold
 */
export function madeSmall(config: Config): Config {
  const sizes = parseWith(Sizes, config, 'a public config.json');
  const small = { ...config, ...smallWidths(sizes), ...smallLayers(config, sizes.num_hidden_layers) };
  const ids = Object.entries(config).filter(([key]) => key.endsWith('_token_id'));
  return {
    ...small,
    ...Object.fromEntries(ids.map(([key, id]) => [key, smallId(id)])),
    ...smallLengths(config),
    vocab_size: SMALL.vocabSize,
  };
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1));
const Sizes = v.looseObject({
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: v.optional(size),
  head_dim: v.optional(size),
});

function smallWidths(sizes: v.InferOutput<typeof Sizes>): Config {
  const { hidden_size: hidden, num_attention_heads: heads, num_key_value_heads: keys = heads } = sizes;
  const smallKeys = keys === heads ? 4 : Math.min(keys, 2);
  const smallHeads = smallKeys * Math.min(heads / keys, keys === 1 ? 4 : 3);
  const perHead = (SMALL.headDim * hidden) / (heads * (sizes.head_dim ?? hidden / heads));
  return {
    // Even, as Gemma asks for a multiple of the heads, and RoPE for pairs where the head has no size of its own.
    hidden_size: smallHeads * 2 * Math.round(perHead / 2),
    intermediate_size: SMALL.mlp,
    num_attention_heads: smallHeads,
    ...(sizes.num_key_value_heads === undefined ? {} : { num_key_value_heads: smallKeys }),
    ...(sizes.head_dim === undefined ? {} : { head_dim: SMALL.headDim }),
  };
}

function smallLayers(config: Config, layers: number): Config {
  const { max_window_layers: first } = config;
  const lists = Object.entries(config).filter(([, value]) => Array.isArray(value) && value.length === layers);
  return {
    num_hidden_layers: SMALL.layers,
    ...Object.fromEntries(
      lists.map(([key, list]) => [key, Array.isArray(list) ? list.slice(0, SMALL.layers) : list]),
    ),
    ...(typeof first === 'number' ? { max_window_layers: Math.round((first * SMALL.layers) / layers) } : {}),
  };
}

const LENGTHS = ['max_position_embeddings', 'original_max_position_embeddings', 'sliding_window'];
const ROTATIONS = ['rope_scaling', 'rope_parameters'];

function smallLengths(config: Config): Config {
  const rotations = ROTATIONS.flatMap((key) => (isRecord(config[key]) ? [[key, config[key]] as const] : []));
  const given = [config, ...rotations.map(([, rotation]) => rotation)].flatMap((part) =>
    LENGTHS.flatMap((key) => (typeof part[key] === 'number' ? [part[key]] : [])),
  );
  const unit = Math.min(...given) / SMALL.shortest;
  const shortened = (part: Config): Config =>
    Object.fromEntries(
      Object.entries(part).map(([key, value]) => [
        key,
        LENGTHS.includes(key) && typeof value === 'number' ? Math.round(value / unit) : value,
      ]),
    );
  const lengths = Object.entries(shortened(config)).filter(([key]) => LENGTHS.includes(key));
  return {
    ...Object.fromEntries(lengths),
    ...Object.fromEntries(
      rotations.map(([key, rotation]) => [key, withFewFactors(shortened(rotation), config)]),
    ),
  };
}

/** Longrope's two lists. */
function withFewFactors(rotation: Config, { partial_rotary_factor: share = 1 }: Config): Config {
  const pairs = (SMALL.headDim / 2) * Number(share);
  return Object.fromEntries(
    Object.entries(rotation).map(([key, value]) => [
      key,
      Array.isArray(value)
        ? Array.from(
            { length: pairs },
            (_, pair): unknown => value[Math.floor((pair * value.length) / pairs)],
          )
        : value,
    ]),
  );
}

function smallId(id: unknown): unknown {
  return Array.isArray(id) ? id.map(smallId) : typeof id === 'number' ? id % SMALL.vocabSize : id;
}

function isRecord(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
