import * as v from 'valibot';
import { inputError } from '../common/errors';
import type { FamilyTraits } from './families';

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
  /** So many numbers of a head, from the first, are rotated; the others stay as they are. */
  readonly rotaryDim: number;
  /** Whether a pair are neighbours; otherwise they lie half of `rotaryDim` apart. */
  readonly interleaved: boolean;
  /** Queries are multiplied by 1 + beta · ln(1 + ⌊position / length⌋). */
  readonly queryScaling?: { readonly beta: number; readonly length: number };
}

/** What rotation depends on beside its own keys. */
export interface RopeContext {
  readonly topTheta: number;
  readonly maxPositions: number;
  readonly headDim: number;
}

/** What of a rotation is the family's. */
export type RopeTraits = Pick<
  FamilyTraits,
  'partialRotary' | 'interleavedRotary' | 'scaledQueries' | 'ropeTypes'
>;

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
  llama_4_scaling_beta: v.nullish(v.number()),
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
export function parseRope(
  raw: Record<string, unknown>,
  around: RopeContext,
  traits: RopeTraits,
  file: string,
): Rope {
  const key = isFilled(raw.rope_scaling) ? 'rope_scaling' : 'rope_parameters';
  const fields = parseFields(raw[key] ?? {}, key, file);
  const nested = LAYER_TYPES.find((type) => type in fields);
  if (nested !== undefined) {
    throw inputError(
      `${file}: "${key}.${nested}" gives a type of layer a rotation of its own, which transformers does not read for this family either: give one for all layers.`,
    );
  }
  return ropeOf(raw, fields, around, traits, { key, file });
}

/**
 * RoPE of a config.json by type of layer: `rope_parameters` nested by type, or `rope_scaling` and `rope_theta`, which are of
 * layers without a window; those with one have a base of their own.
 * @throws AdeptError (input) as {@link parseRope}
 */
export function parseRopes(
  raw: Record<string, unknown>,
  around: RopeContext & { readonly slidingTheta: number },
  traits: RopeTraits,
  file: string,
): Record<(typeof LAYER_TYPES)[number], Rope> {
  const nested = v.safeParse(v.looseObject({}), raw.rope_parameters ?? {});
  if (!nested.success) {
    throw inputError(`${file}: "rope_parameters" is not an object: correct it.`);
  }
  const of = (type: (typeof LAYER_TYPES)[number], topTheta: number): Rope => {
    const own = `rope_parameters.${type}`;
    const fields = parseFields(nested.output[type] ?? {}, own, file);
    if (type === 'full_attention' && isFilled(raw.rope_scaling)) {
      const scaling = { ...fields, ...parseFields(raw.rope_scaling, 'rope_scaling', file) };
      return ropeOf({}, scaling, { ...around, topTheta }, traits, { key: 'rope_scaling', file });
    }
    return ropeOf({}, fields, { ...around, topTheta }, traits, { key: own, file });
  };
  return {
    full_attention: of('full_attention', around.topTheta),
    sliding_attention: of('sliding_attention', around.slidingTheta),
  };
}

interface KeyPath {
  readonly key: string;
  readonly file: string;
}

function parseFields(given: unknown, key: string, file: string): RopeFields {
  const parsed = v.safeParse(RopeFields, given);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw inputError(
      `${file}: "${key}.${v.getDotPath(issue) ?? ''}" is not usable (${issue.message}): correct it.`,
    );
  }
  return parsed.output;
}

/** @param raw where keys are read that lie beside those of the rotation */
function ropeOf(
  raw: Record<string, unknown>,
  fields: RopeFields,
  around: RopeContext,
  traits: RopeTraits,
  path: KeyPath,
): Rope {
  // The type "proportional" speaks of pairs of the whole head.
  const share = traits.partialRotary && nameOf(fields) !== 'proportional' ? shareOf(raw, fields) : 1;
  const rotaryDim = Math.trunc(around.headDim * share);
  if (rotaryDim % 2 !== 0 || rotaryDim === 0) {
    throw inputError(
      `${path.file}: "partial_rotary_factor" is ${share}, of which heads of ${around.headDim} numbers have no even part: correct it.`,
    );
  }
  const scaling = new Scaling(raw, fields, { ...around, headDim: rotaryDim }, traits, path);
  const rope = {
    theta: fields.rope_theta ?? around.topTheta,
    scaling: scaling.parse(),
    rotaryDim,
    interleaved: traits.interleavedRotary,
  };
  return traits.scaledQueries ? { ...rope, queryScaling: scaling.ofQueries() } : rope;
}

function nameOf({ rope_type: name, type }: RopeFields): string {
  return name ?? type ?? 'default';
}

/** How much of a head is rotated, where the family lets config.json say it. */
function shareOf(raw: Record<string, unknown>, fields: RopeFields): number {
  const part = fields.partial_rotary_factor ?? raw.partial_rotary_factor;
  return typeof part === 'number' ? part : 1;
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** The type and its values; source: transformers 5, modeling_rope_utils.py. */
class Scaling {
  constructor(
    private readonly raw: Record<string, unknown>,
    private readonly fields: RopeFields,
    private readonly around: RopeContext,
    private readonly traits: RopeTraits,
    private readonly path: KeyPath,
  ) {}

  private get name(): string {
    return nameOf(this.fields);
  }

  private get known(): readonly string[] {
    return this.traits.ropeTypes?.known ?? TYPES;
  }

  private get type(): (typeof TYPES)[number] | undefined {
    const name = this.traits.ropeTypes?.aliases[this.name] ?? this.name;
    return TYPES.find((type) => type === name && this.known.includes(type));
  }

  parse(): RopeScaling {
    const { fields, around } = this;
    const { name, type } = this;
    const part = fields.partial_rotary_factor ?? this.raw.partial_rotary_factor;
    // What the default rotation of these families does not read may hold anything.
    const reads = type !== 'default' && type !== 'proportional' && !this.traits.partialRotary;
    if (reads && part !== undefined && part !== null && part !== 1) {
      throw this.error(
        'partial_rotary_factor',
        `is ${JSON.stringify(part)}, and this family rotates whole heads on the engines native and wasm: use a model without it`,
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
          `is "${name}", which would change the computation; supported are ${this.known.join(', ')}`,
        );
    }
  }

  /** How queries grow with their position. */
  ofQueries(): { beta: number; length: number } {
    const { llama_4_scaling_beta: beta, original_max_position_embeddings: given } = this.fields;
    const length = this.type === 'default' ? given : this.original();
    if (beta === null || beta === undefined) {
      throw this.error('llama_4_scaling_beta', 'is missing: add it');
    }
    if (length === null || length === undefined) {
      throw this.error('original_max_position_embeddings', 'is missing: add it');
    }
    return { beta, length };
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
    const own = this.fields.original_max_position_embeddings;
    // transformers copies the key from beside the rotation before it takes "su" for "longrope", and then misses it.
    if (own === undefined && this.name === 'su') {
      throw this.error(
        'original_max_position_embeddings',
        'is missing, without which transformers does not load the type "su": add it, or write "longrope" for "su"',
      );
    }
    const top = this.raw.original_max_position_embeddings;
    return typeof top === 'number' ? top : (own ?? this.around.maxPositions);
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
    return inputError(`${this.path.file}: "${this.path.key}.${name}" ${what}.`);
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
