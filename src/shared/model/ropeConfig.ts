import * as v from 'valibot';
import { inputError } from '../common/errors';

/** Rotary position embedding: `default`, `linear` and `llama3`. */
export type RopeScaling =
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    };

export interface Rope {
  readonly theta: number;
  readonly scaling: RopeScaling;
}

const positive = v.pipe(v.number(), v.gtValue(0));

const RopeFields = v.looseObject({
  rope_type: v.nullish(v.string()),
  type: v.nullish(v.string()),
  rope_theta: v.nullish(positive),
  factor: v.nullish(positive),
  low_freq_factor: v.nullish(positive),
  high_freq_factor: v.nullish(positive),
  original_max_position_embeddings: v.nullish(positive),
  partial_rotary_factor: v.nullish(v.literal(1)),
});
type RopeFields = v.InferOutput<typeof RopeFields>;

const KNOWN = new Set([...Object.keys(RopeFields.entries)]);

/**
 * RoPE of a config.json, in both spellings: `rope_theta` with `rope_scaling`, and the newer `rope_parameters`. Where
 * both are given `rope_scaling` wins, as in transformers 5.
 * @throws AdeptError (input) naming the key: an unsupported type, or a value that is missing or out of place.
 */
export function parseRope(
  raw: Record<string, unknown>,
  topTheta: number,
  maxPositions: number,
  file: string,
): Rope {
  const key = isFilled(raw.rope_scaling) ? 'rope_scaling' : 'rope_parameters';
  const given = raw[key] ?? {};
  const parsed = v.safeParse(RopeFields, given);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw inputError(
      `${file}: "${key}.${v.getDotPath(issue) ?? ''}" is not usable (${issue.message}): correct it.`,
    );
  }
  for (const [name, value] of Object.entries(parsed.output)) {
    if (!KNOWN.has(name) && value !== null) {
      throw inputError(
        `${file}: "${key}.${name}" would change the computation and is not supported: use a model without it.`,
      );
    }
  }
  const original = raw.original_max_position_embeddings;
  return {
    theta: parsed.output.rope_theta ?? topTheta,
    scaling: parseScaling(
      parsed.output,
      typeof original === 'number' ? original : undefined,
      maxPositions,
      key,
      file,
    ),
  };
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function parseScaling(
  fields: RopeFields,
  topOriginal: number | undefined,
  maxPositions: number,
  key: string,
  file: string,
): RopeScaling {
  const need = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number => {
    const value = fields[name];
    if (value === null || value === undefined) {
      throw inputError(`${file}: "${key}.${name}" is missing: add it.`);
    }
    return value;
  };
  const type = fields.rope_type ?? fields.type ?? 'default';
  switch (type) {
    case 'default':
      return { type };
    case 'linear':
      return { type, factor: need('factor') };
    case 'llama3':
      return {
        type,
        factor: need('factor'),
        lowFreqFactor: need('low_freq_factor'),
        highFreqFactor: need('high_freq_factor'),
        originalMaxPositionEmbeddings: topOriginal ?? fields.original_max_position_embeddings ?? maxPositions,
      };
    default:
      throw inputError(
        `${file}: "${key}.rope_type" is "${type}", which would change the computation; supported are default, linear, llama3.`,
      );
  }
}
