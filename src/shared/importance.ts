import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Which definition of unit importance was measured; see `unitImportance.ts` of the trainer. */
export const UnitDefinition = v.picklist(['released', 'paper']);
export type UnitDefinition = v.InferOutput<typeof UnitDefinition>;

/** `exact`: increase in loss, nats. `fast`: 1 − cosine of a layer's input and output, one pass. */
export const ImportanceMode = v.picklist(['exact', 'fast']);
export type ImportanceMode = v.InferOutput<typeof ImportanceMode>;

/** importance.json, the result of stage 1. */
export const ImportanceFile = v.object({
  format: v.literal('adept.importance/1'),
  mode: ImportanceMode,
  model: v.object({ path: v.string(), family: v.string(), layers: count, parameters: count }),
  probe: v.object({
    sources: v.array(v.string()),
    sequences: count,
    tokens: count,
    seqLen: count,
    batchSize: v.optional(count),
    /** Sequences at once in exact layer importance, where memory was given and they were chosen by measurement. */
    layerBatchSize: v.optional(count),
  }),
  /** Mean next-token loss of the untouched model, nats per predicted token. */
  baseLoss: v.number(),
  layers: v.array(v.object({ index: count, importance: v.number() })),
  unitDefinition: v.optional(UnitDefinition, 'released'),
  units: v.array(v.object({ layer: count, name: v.string(), importance: v.number() })),
  timing: v.object({ layersSeconds: v.number(), unitsSeconds: v.number() }),
  engine: v.record(v.string(), v.unknown()),
});
export type ImportanceFile = v.InferOutput<typeof ImportanceFile>;
