import * as v from 'valibot';
import { inputError } from '../common/errors';

/** How rotary position embedding is stretched, with transformers' names of the types; every default is filled in. */
export type RopeScaling =
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | { readonly type: 'dynamic'; readonly factor: number; readonly originalMaxPositionEmbeddings: number }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      /** Of cosines and sines. */
      readonly attentionFactor: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Whether the range of dimensions between them is rounded outwards. */
      readonly truncate: boolean;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly type: 'longrope';
      readonly attentionFactor: number;
      /** [headDim / 2] each: of sequences up to the original length, and of longer ones. */
      readonly shortFactor: readonly number[];
      readonly longFactor: readonly number[];
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly type: 'proportional';
      readonly factor: number;
      /** How much of a head is rotated. */
      readonly share: number;
    };

export interface Rope {
  readonly theta: number;
  readonly scaling: RopeScaling;
}

/** What rotation depends on beside its own keys. */
export interface RopeSurroundings {
  readonly topTheta: number;
  readonly maxPositions: number;
  readonly headDim: number;
}

const TYPES = ['default', 'linear', 'llama3', 'dynamic', 'yarn', 'longrope', 'proportional'] as const;
/** Whose labels nest `rope_parameters`, a set for each type of layer. */
const LAYER_TYPES = ['full_attention', 'sliding_attention'];

const positive = v.pipe(v.number(), v.gtValue(0));
const factors = v.array(positive);

const RopeFields = v.looseObject({
  rope_type: v.nullish(v.string()),
  type: v.nullish(v.string()),
  rope_theta: v.nullish(positive),
  factor: v.nullish(positive),
  low_freq_factor: v.nullish(positive),
  high_freq_factor: v.nullish(positive),
  original_max_position_embeddings: v.nullish(positive),
  partial_rotary_factor: v.nullish(v.pipe(positive, v.maxValue(1))),
  attention_factor: v.nullish(positive),
  beta_fast: v.nullish(v.number()),
  beta_slow: v.nullish(v.number()),
  mscale: v.nullish(v.number()),
  mscale_all_dim: v.nullish(v.number()),
  truncate: v.optional(v.nullable(v.boolean()), true),
  short_factor: v.nullish(factors),
  long_factor: v.nullish(factors),
});
type RopeFields = v.InferOutput<typeof RopeFields>;

/**
 * RoPE of a config.json, in both spellings: `rope_theta` with `rope_scaling`, and the newer `rope_parameters`. Where
 * both are given `rope_scaling` wins, as in transformers 5. Keys that the type does not read change nothing.
 * @throws AdeptError (input) naming the key as the file has it: an unsupported type, or a value that is missing or out of place.
 */
export function parseRope(raw: Record<string, unknown>, around: RopeSurroundings, file: string): Rope {
  const key = isFilled(raw.rope_scaling) ? 'rope_scaling' : 'rope_parameters';
  const given = raw[key] ?? {};
  const parsed = v.safeParse(RopeFields, given);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw inputError(
      `${file}: "${key}.${v.getDotPath(issue) ?? ''}" is not usable (${issue.message}): correct it.`,
    );
  }
  const nested = LAYER_TYPES.find((type) => type in parsed.output);
  if (nested !== undefined) {
    throw inputError(
      `${file}: "${key}.${nested}" gives a type of layer a rotation of its own, which transformers does not read for this family either: give one for all layers.`,
    );
  }
  return {
    theta: parsed.output.rope_theta ?? around.topTheta,
    scaling: new Scaling(raw, parsed.output, around, { key, file }).parse(),
  };
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** The type and its values; source: transformers 5, modeling_rope_utils.py. */
class Scaling {
  constructor(
    private readonly raw: Record<string, unknown>,
    private readonly fields: RopeFields,
    private readonly around: RopeSurroundings,
    private readonly place: { readonly key: string; readonly file: string },
  ) {}

  parse(): RopeScaling {
    const { fields, around } = this;
    const name = fields.rope_type ?? fields.type ?? 'default';
    const type = TYPES.find((known) => known === name);
    const part = fields.partial_rotary_factor ?? this.raw.partial_rotary_factor;
    // What the default rotation of these families does not read may hold anything.
    if (type !== 'default' && type !== 'proportional' && part !== undefined && part !== null && part !== 1) {
      throw this.error(
        'partial_rotary_factor',
        `is ${JSON.stringify(part)}, and the families of the engines native and wasm rotate whole heads: use a model without it`,
      );
    }
    switch (type) {
      case 'default':
        return { type };
      case 'linear':
        return { type, factor: this.need('factor') };
      case 'dynamic':
        return { type, factor: this.need('factor'), originalMaxPositionEmbeddings: around.maxPositions };
      case 'proportional':
        return { type, factor: fields.factor ?? 1, share: typeof part === 'number' ? part : 1 };
      case 'llama3':
        return {
          type,
          factor: this.need('factor'),
          lowFreqFactor: this.need('low_freq_factor'),
          highFreqFactor: this.need('high_freq_factor'),
          originalMaxPositionEmbeddings: this.original(),
        };
      case 'yarn':
        return this.yarn();
      case 'longrope':
        return this.longRope();
      case undefined:
        throw this.error(
          fields.rope_type === undefined || fields.rope_type === null ? 'type' : 'rope_type',
          `is "${name}", which would change the computation; supported are ${TYPES.join(', ')}`,
        );
    }
  }

  private yarn(): RopeScaling & { type: 'yarn' } {
    const { fields } = this;
    const original = this.original();
    const factor = this.factorOr(() => this.around.maxPositions / original);
    const { mscale, mscale_all_dim: allDim } = fields;
    const ratio =
      mscale && allDim ? yarnScale(factor, mscale) / yarnScale(factor, allDim) : yarnScale(factor);
    return {
      type: 'yarn',
      factor,
      attentionFactor: fields.attention_factor ?? ratio,
      betaFast: orDefault(fields.beta_fast, 32),
      betaSlow: orDefault(fields.beta_slow, 1),
      truncate: fields.truncate ?? false,
      originalMaxPositionEmbeddings: original,
    };
  }

  private longRope(): RopeScaling & { type: 'longrope' } {
    const original = this.original();
    const factor = this.fields.factor ?? this.around.maxPositions / original;
    const byFactor = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return {
      type: 'longrope',
      attentionFactor: this.fields.attention_factor ?? byFactor,
      shortFactor: this.perPair('short_factor'),
      longFactor: this.perPair('long_factor'),
      originalMaxPositionEmbeddings: original,
    };
  }

  private original(): number {
    const top = this.raw.original_max_position_embeddings;
    return typeof top === 'number'
      ? top
      : (this.fields.original_max_position_embeddings ?? this.around.maxPositions);
  }

  /** YaRN's factor may be null, not left out. */
  private factorOr(otherwise: () => number): number {
    return this.fields.factor === null ? otherwise() : this.need('factor');
  }

  private perPair(name: 'short_factor' | 'long_factor'): readonly number[] {
    const list = this.fields[name];
    const pairs = this.around.headDim / 2;
    if (list?.length !== pairs) {
      throw this.error(
        name,
        list ? `has ${list.length} numbers, and heads have ${pairs} pairs: correct it` : 'is missing: add it',
      );
    }
    return list;
  }

  private need(name: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number {
    const value = this.fields[name];
    if (value === null || value === undefined) {
      throw this.error(name, 'is missing: add it');
    }
    return value;
  }

  private error(name: string, what: string): Error {
    return inputError(`${this.place.file}: "${this.place.key}.${name}" ${what}.`);
  }
}

/** In transformers 0 is as good as absent: Python takes both for false. */
function orDefault(value: number | null | undefined, otherwise: number): number {
  return value === null || value === undefined || value === 0 ? otherwise : value;
}

/** Equation 22 of arXiv 2309.00071. */
function yarnScale(factor: number, mscale = 1): number {
  return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
}

/** Whether the rotation of a position depends on how long its sequence is. */
export function dependsOnLength({ scaling }: Rope): boolean {
  return scaling.type === 'dynamic' || scaling.type === 'longrope';
}
