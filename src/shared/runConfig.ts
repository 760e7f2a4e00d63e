import * as v from 'valibot';
import { ANALYZE_SETTINGS, settingsSchema, TUNE_SETTINGS } from './settings';

const path = v.pipe(v.string(), v.minLength(1));
const files = v.pipe(v.array(path), v.minLength(1));
const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

export const EngineChoice = v.picklist(['auto', 'native', 'wasm']);
export type EngineChoice = v.InferOutput<typeof EngineChoice>;

/** Which layers to expand: by number, the k least important, or every (L/k)-th as LLaMA-Pro does. */
export const ExpandChoice = v.union([
  v.strictObject({ layers: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.minLength(1)) }),
  v.strictObject({ lowest: whole }),
  v.strictObject({ uniform: whole }),
]);
export type ExpandChoice = v.InferOutput<typeof ExpandChoice>;

/** A *.adept.json: the whole job. Paths are relative to the file. */
export const RunConfig = v.strictObject({
  $schema: v.optional(v.string()),
  model: path,
  /** General text: importance is measured on it. */
  probe: files,
  /** Domain text: the added layers are trained on it. */
  domain: files,
  /** The run folder. */
  out: path,
  engine: v.optional(EngineChoice, 'auto'),
  /** Texts whose loss is watched: domain, and general (the probe when left out). */
  eval: v.optional(v.strictObject({ domain: v.optional(files), general: v.optional(files) }), {}),
  /** An importance.json of this model, measured before: the job then goes by it instead of analyzing again. */
  importance: v.optional(path),
  analyze: v.optional(settingsSchema(ANALYZE_SETTINGS), {}),
  expand: v.optional(ExpandChoice, { lowest: 2 }),
  tune: settingsSchema(TUNE_SETTINGS),
  /** Multiple-choice questions answered before and after. */
  choices: v.optional(v.strictObject({ files, maxQuestions: v.optional(whole) })),
  export: v.optional(
    v.strictObject({
      out: v.optional(path),
      alpha: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    }),
    {},
  ),
});
export type RunConfig = v.InferOutput<typeof RunConfig>;
