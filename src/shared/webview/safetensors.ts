import * as v from 'valibot';
import { TensorFilter, TensorRow, TensorSort } from '../model/tensorTable';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What the file says of itself, beside its tensors. */
export const WeightFileFacts = v.object({
  file: v.string(),
  /** Null where the file cannot be read, or is too short to say. */
  fileBytes: v.nullable(count),
  headerBytes: v.nullable(count),
  metadata: v.array(v.object({ key: v.string(), value: v.string() })),
  /** What is wrong, one sentence each; empty for a sound file. */
  problems: v.array(v.string()),
  /** Layers that an expansion added, by the manifest beside the file, each with the base model's layer it copies. */
  added: v.array(v.object({ layer: count, source: count })),
  /** Number of tensors, all of which follow. */
  tensors: count,
});
export type WeightFileFacts = v.InferOutput<typeof WeightFileFacts>;

/** How many rows a message holds at most, so that neither side stands still over a long one. */
export const ROWS_PER_MESSAGE = 2000;

/** From the extension to the page. */
export const ToSafetensors = v.variant('type', [
  /** All of it anew: forget the rows that came before. */
  v.object({ type: v.literal('file'), facts: WeightFileFacts }),
  /** The next rows, in the order of the file. */
  v.object({ type: v.literal('rows'), rows: v.pipe(v.array(TensorRow), v.maxLength(ROWS_PER_MESSAGE)) }),
  /** Show the tensors whose names hold this. */
  v.object({ type: v.literal('find'), text: v.string() }),
  /** A file that the person asked for was written. */
  v.object({ type: v.literal('saved'), file: v.string() }),
]);
export type ToSafetensors = v.InferOutput<typeof ToSafetensors>;

/** From the page to the extension. */
export const FromSafetensors = v.variant('type', [
  v.object({ type: v.literal('copy'), text: v.string() }),
  v.object({ type: v.literal('saveCsv'), text: v.string() }),
]);
export type FromSafetensors = v.InferOutput<typeof FromSafetensors>;

/** What the page finds again after it was hidden. */
export const SafetensorsView = v.object({ filter: TensorFilter, sort: TensorSort, scroll: v.number() });
export type SafetensorsView = v.InferOutput<typeof SafetensorsView>;
