import * as v from 'valibot';
import { dtypeOf, type Frame, type WireArray } from './frames';
import { WireError } from './wireError';

/** The version of the protocol: python/adept_torch has the other side. */
export const PROTOCOL = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const shape = v.array(count);

/** What rank 0 says first. Its version decides whether anything else of it can be read. */
export const Greeting = v.looseObject({ kind: v.literal('hello'), protocol: v.number(), token: v.string() });

export const Hello = v.strictObject({
  ...Greeting.entries,
  description: v.strictObject({
    engine: v.literal('torch'),
    device: v.string(),
    library: v.string(),
    threads: count,
    ranks: v.pipe(count, v.minValue(1)),
    torch: v.string(),
    transformers: v.string(),
    bfloat16: v.boolean(),
  }),
});
export type RanksDescription = v.InferOutput<typeof Hello>['description'];

/** How far a call is; or, with nothing to say, only that rank 0 is alive. */
export const Progress = v.strictObject({
  kind: v.literal('progress'),
  id: count,
  fraction: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  message: v.string(),
});

export const ErrorReply = v.strictObject({
  kind: v.literal('error'),
  /** Null where no call was running. */
  id: v.nullable(count),
  error: v.strictObject({
    /** lost: the weights are undefined now. */
    type: v.picklist(['input', 'failure', 'lost', 'cancelled']),
    message: v.string(),
    rank: v.nullable(count),
    /** The last lines of Python's traceback. */
    detail: v.string(),
  }),
});
export type RankFault = v.InferOutput<typeof ErrorReply>['error'];

/** A reply, as far as every verb's is alike. */
export const Reply = v.looseObject({ kind: v.literal('result'), id: count });

const reply = {
  kind: v.literal('result'),
  id: count,
  /** Why hidden states cannot be kept any more; said once. */
  problem: v.optional(v.string()),
};

/** The reply of verbs that answer with arrays alone, or with nothing. */
export const PlainResult = v.strictObject(reply);

export const StepResult = v.strictObject({ ...reply, tokens: count });

export const OpenResult = v.strictObject({
  ...reply,
  model: v.strictObject({
    layers: count,
    hiddenSize: count,
    vocabSize: count,
    /** Null where the model has no limit. */
    maxPositionEmbeddings: v.nullable(count),
    parameters: count,
    family: v.string(),
    /** Keys of config.json with one value a layer, as transformers fills them in. */
    perLayer: v.record(v.string(), v.array(v.unknown())),
  }),
  /** Of each layer, in the order of the computation. */
  units: v.array(
    v.strictObject({
      name: v.string(),
      parameters: v.array(v.strictObject({ name: v.string(), shape })),
      output: v.boolean(),
      zero: v.number(),
      /** Which layers have it, where not all do. */
      layers: v.nullable(v.array(count)),
    }),
  ),
  trained: v.array(
    v.strictObject({
      name: v.string(),
      shape,
      layer: v.nullable(count),
      unit: v.nullable(v.string()),
      decays: v.boolean(),
    }),
  ),
  storage: v.strictObject({ dtype: v.picklist(['float32', 'bfloat16']), reason: v.string() }),
});
export type OpenResult = v.InferOutput<typeof OpenResult>;

/** @throws WireError naming what is wrong with a message, and where */
export function parseMessage<const S extends v.GenericSchema>(
  schema: S,
  header: unknown,
  what: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, header);
  if (parsed.success) {
    return parsed.output;
  }
  const [issue] = parsed.issues;
  throw new WireError(`${what} whose "${v.getDotPath(issue) ?? 'kind'}" is wrong (${issue.message})`);
}

interface ArrayOf {
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/**
 * The values of a reply's array.
 * @throws WireError where it is missing, or of another type or shape
 */
export function arrayOf<D extends keyof ArrayOf>(
  { arrays }: Pick<Frame, 'arrays'>,
  name: string,
  dtype: D,
  expected: readonly number[],
): ArrayOf[D] {
  const array: WireArray | undefined = arrays.get(name);
  if (array === undefined) {
    throw new WireError(`a result without the array "${name}"`);
  }
  if (!isOf(array, dtype) || array.shape.join() !== expected.join()) {
    throw new WireError(
      `a result whose array "${name}" is ${dtypeOf(array.values)} [${array.shape.join(', ')}] and not ${dtype} [${expected.join(', ')}]`,
    );
  }
  return array.values;
}

function isOf<D extends keyof ArrayOf>(
  array: WireArray,
  dtype: D,
): array is WireArray & { readonly values: ArrayOf[D] } {
  return dtypeOf(array.values) === dtype;
}
