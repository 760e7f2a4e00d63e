import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What an expansion did: which layers of the expanded model were added, from what, and how to recognise the source. */
export const ExpansionManifest = v.object({
  format: v.literal('adept.manifest/1'),
  createdAt: v.string(),
  base: v.object({
    path: v.string(),
    family: v.string(),
    layers: count,
    /** sha256 of config.json and of every weight file, by name. */
    files: v.record(v.string(), v.string()),
  }),
  layers: count,
  /** Where each added layer of the expanded model lies, and the base model's layer it copies. */
  added: v.array(
    v.object({
      layer: count,
      source: count,
      /** The expanded model's layer that holds the source. */
      sourceLayer: count,
      /** sha256 over the source layer's tensors, in name order. */
      sourceHash: v.string(),
    }),
  ),
  /** Names of the tensors that start at zero. */
  zeroed: v.array(v.string()),
  equivalence: v.nullable(
    v.object({
      /** Largest |difference| of any logit between the original and the expanded model; 0 is identity. */
      maxDifference: v.number(),
      positions: count,
      probe: v.string(),
      engine: v.string(),
    }),
  ),
});
export type ExpansionManifest = v.InferOutput<typeof ExpansionManifest>;

/** The manifest's file name in an expanded model's folder. */
export const EXPANSION_MANIFEST = 'adept-manifest.json';
