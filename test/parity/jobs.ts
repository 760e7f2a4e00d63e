import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const tokens = v.pipe(v.array(count), v.minLength(2));
const sequences = v.pipe(v.array(tokens), v.minLength(1));
/** Of every sequence the positions at which its documents begin, which do not see each other. */
const documentStarts = v.pipe(v.array(v.pipe(v.array(count), v.minLength(1))), v.minLength(1));
const unitRate = v.object({
  layer: count,
  name: v.string(),
  importance: v.number(),
  learningRate: v.number(),
});

/** One job of the PyTorch side (test/parity/torch_method/jobs.py): what goes in, what comes out, what is kept. */
interface Job {
  readonly request: v.GenericSchema<unknown, Record<string, unknown>>;
  readonly result: v.GenericSchema<unknown, object>;
  /** How far, relatively, a result on another processor may lie from the golden value. */
  readonly tolerance: number;
}

/** Requests, and results as Python gives them. Every key of a request that names a file or folder is in PATH_KEYS. */
export const JOBS = {
  /** Logits, row after row of sequence after sequence: how many, the largest |value|, those at `indices`, base64 of all. */
  logits: {
    request: v.strictObject({
      model: v.string(),
      sequences,
      indices: v.array(count),
      /** Tensors that transformers has to leave out. */
      unread: v.optional(v.array(v.string())),
    }),
    result: v.object({
      count,
      largest: v.number(),
      sample: v.array(v.number()),
      all: v.optional(v.string()),
    }),
    tolerance: 1e-5,
  },
  /** As `logits`, of every model in a folder of such, by its name there; only those at `indices`. */
  logitsOfEach: {
    request: v.strictObject({ models: v.string(), sequences, indices: v.array(count) }),
    result: v.record(v.string(), v.object({ count, largest: v.number(), sample: v.array(v.number()) })),
    tolerance: 1e-5,
  },
  /** Largest difference of any logit between two models. */
  difference: {
    request: v.strictObject({ model: v.string(), other: v.string(), sequences }),
    result: v.object({ maxDifference: v.number() }),
    tolerance: 0,
  },
  /** What follows each prompt, greedily, without the token that ends it. */
  generate: {
    request: v.strictObject({
      model: v.string(),
      prompts: v.array(v.pipe(v.array(count), v.minLength(1))),
      maxTokens: count,
      stop: count,
    }),
    result: v.object({ answers: v.array(v.array(count)) }),
    tolerance: 0,
  },
  /** Mean next-token loss, nats. */
  loss: {
    request: v.strictObject({ model: v.string(), sequences }),
    result: v.object({ loss: v.number() }),
    tolerance: 1e-5,
  },
  /**
   * The same of a folder that is loaded with dtype="auto", as people load it: in float32, of the values that transformers then
   * holds, and in the arithmetic of their own type.
   */
  lossAsStored: {
    request: v.strictObject({ model: v.string(), sequences }),
    result: v.object({ dtype: v.string(), loss: v.number(), ownArithmetic: v.number() }),
    tolerance: 1e-5,
  },
  /** Importance of every layer, and of every unit by both definitions. */
  importance: {
    request: v.strictObject({ model: v.string(), sequences, batchSize: count }),
    result: v.object({
      baseLoss: v.number(),
      layers: v.array(v.number()),
      /** Of every layer, the mean of ‖output − input‖ / ‖input‖. */
      changes: v.array(v.number()),
      units: v.array(v.object({ layer: count, name: v.string(), released: v.number(), paper: v.number() })),
    }),
    tolerance: 1e-4,
  },
  /** What the families' classes read of config.json, and their defaults; `default_theta` is that of the rotation. */
  configKeys: {
    request: v.strictObject({ families: v.array(v.string()) }),
    result: v.record(
      v.string(),
      v.object({ reads: v.array(v.string()), defaults: v.record(v.string(), v.unknown()) }),
    ),
    tolerance: 0,
  },
  /** Decoupled tuning of the added layers, or of everything, over sequences in the given order. */
  tune: {
    request: v.strictObject({
      model: v.string(),
      domain: sequences,
      probe: sequences,
      evaluate: sequences,
      /** Where they are packed separate. */
      documentStarts: v.optional(
        v.strictObject({ domain: documentStarts, probe: documentStarts, evaluate: documentStarts }),
      ),
      added: v.array(v.strictObject({ layer: count, sourceLayer: count })),
      full: v.boolean(),
      steps: count,
      learningRate: v.number(),
      updateEvery: count,
      batchSize: count,
      gradAccum: count,
      warmup: count,
      schedule: v.picklist(['constant', 'cosine', 'linear']),
      weightDecay: v.number(),
      maxGradNorm: v.number(),
      unitRates: v.picklist(['importance', 'equal']),
      unitDefinition: v.picklist(['released', 'paper']),
    }),
    result: v.object({
      losses: v.array(v.number()),
      gradNorms: v.array(v.number()),
      importance: v.array(v.object({ step: count, units: v.array(unitRate) })),
      finalLoss: v.number(),
    }),
    tolerance: 1e-4,
  },
  /** The metadata of a README, as the Hub's own library reads it. */
  card: {
    request: v.strictObject({ file: v.string() }),
    result: v.object({ metadata: v.record(v.string(), v.unknown()) }),
    tolerance: 0,
  },
  /** Token ids of a JSONL of texts, packed; compared by hash. */
  pack: {
    request: v.strictObject({
      tokenizer: v.string(),
      file: v.string(),
      bos: count,
      seqLen: count,
      maxSequences: count,
    }),
    result: v.object({ tokens: count, first: v.array(count), sha256: v.string() }),
    tolerance: 0,
  },
} as const satisfies Record<string, Job>;

export const PATH_KEYS: ReadonlySet<string> = new Set(['model', 'models', 'other', 'tokenizer', 'file']);

export type JobName = keyof typeof JOBS;
export type Request<J extends JobName> = v.InferOutput<(typeof JOBS)[J]['request']>;
export type Result<J extends JobName> = v.InferOutput<(typeof JOBS)[J]['result']>;
