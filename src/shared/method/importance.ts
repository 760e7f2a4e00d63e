import * as v from 'valibot';
import { SAMPLINGS } from '../settings/sampling';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Which definition of unit importance was measured; see `unitImportance.ts` of the trainer. */
export const UnitDefinition = v.picklist(['released', 'paper']);
export type UnitDefinition = v.InferOutput<typeof UnitDefinition>;

/** `exact`: increase in loss, nats. `fast`: ‖output − input‖ / ‖input‖ of a layer, one pass. */
export const ImportanceMode = v.picklist(['exact', 'fast']);
export type ImportanceMode = v.InferOutput<typeof ImportanceMode>;

/** How far layer importance hangs on which text was measured: a bootstrap over the probe's sequences. */
export const ConfidenceIntervals = v.object({
  /** Share of the resamples between `low` and `high`. */
  interval: v.number(),
  resamples: count,
  /** Bounds of the importance, and of its rank, from 1, the lowest. */
  layers: v.array(
    v.object({ index: count, low: v.number(), high: v.number(), lowestRank: count, highestRank: count }),
  ),
  /** Of k = 1, 2, …: the share of resamples whose k least important layers are the measured ones. */
  sameLowest: v.array(v.number()),
});
export type ConfidenceIntervals = v.InferOutput<typeof ConfidenceIntervals>;

const measurement = {
  probe: v.object({
    sources: v.array(v.string()),
    sequences: count,
    tokens: count,
    seqLen: count,
    batchSize: v.optional(count),
    /** Tokens around each document; empty where there are none. */
    documentStart: v.optional(v.string()),
    documentEnd: v.optional(v.string()),
    /** Rows of the text that were no documents. */
    skipped: v.optional(count),
    /** Which sequences of the text; the first where it says nothing. */
    sampling: v.optional(v.picklist(SAMPLINGS)),
    /** Sequences at once in exact layer importance, where memory was given and they were chosen by measurement. */
    layerBatchSize: v.optional(count),
    /** How many sequences there were, where it ended before the last. */
    available: v.optional(count),
  }),
  /** Mean next-token loss of the untouched model, nats per predicted token. */
  baseLoss: v.number(),
  layers: v.array(v.object({ index: count, importance: v.number() })),
  trust: v.optional(ConfidenceIntervals),
  units: v.array(
    v.object({
      layer: count,
      name: v.string(),
      importance: v.number(),
      /** Of its attention heads, or groups of MLP neurons, where they were measured too. */
      parts: v.optional(v.array(v.number())),
    }),
  ),
};

/** What one corpus says of every layer and unit. */
export const Measurement = v.object(measurement);
export type Measurement = v.InferOutput<typeof Measurement>;

/** importance.json, the result of stage 1. */
export const ImportanceFile = v.object({
  format: v.literal('adept.importance/1'),
  mode: ImportanceMode,
  model: v.object({ path: v.string(), family: v.string(), layers: count, parameters: count }),
  ...measurement,
  /** The same on domain text, where it was measured too. */
  domain: v.optional(Measurement),
  /** Then also: the share of the probe's tokens that also occur in the domain text, in long runs. */
  overlap: v.optional(v.number()),
  /** And, of k = 1, 2, …: the share of resamples of both texts whose k layers of most contrast are the measured ones. */
  sameContrast: v.optional(v.array(v.number())),
  unitDefinition: v.optional(UnitDefinition, 'released'),
  timing: v.object({ layersSeconds: v.number(), unitsSeconds: v.number() }),
  engine: v.record(v.string(), v.unknown()),
});
export type ImportanceFile = v.InferOutput<typeof ImportanceFile>;
