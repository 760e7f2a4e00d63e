import * as v from 'valibot';
import { FLOAT_TYPES } from '../model/floatType';
import { TextLosses } from './losses';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The exports of a run that were asked for; the one that a whole job ends with stands in report.json. */
export const EXPORTS_FILE = 'exports.json';

/** One exported model. */
export const ExportRecord = v.object({
  /** Its folder, absolute. */
  out: v.string(),
  /** The step of the checkpoint. */
  step: count,
  /** Strength of the added layers. */
  alpha: v.number(),
  /** Added layers that were left out. */
  dropped: v.array(count),
  /** The type of its weights; absent in records of versions that had one only. */
  dtype: v.optional(v.picklist(FLOAT_TYPES)),
  /** Of its files; absent where they were not measured. */
  losses: v.optional(TextLosses),
  createdAt: v.string(),
});
export type ExportRecord = v.InferOutput<typeof ExportRecord>;

/** exports.json of a run folder, the latest last. */
export const ExportsFile = v.object({
  format: v.literal('adept.exports/1'),
  exports: v.array(ExportRecord),
});
export type ExportsFile = v.InferOutput<typeof ExportsFile>;
