import * as v from 'valibot';
import { SAMPLINGS } from '../settings/sampling';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { ANALYZE_SETTINGS } from '../settings/analyzeSettings';
import { settingsSchema } from '../settings/settingTable';
import { CorpusFiles, Paths, ReplayFiles } from '../texts/texts';

const path = v.pipe(v.string(), v.minLength(1));
const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

export const EngineChoice = v.picklist(['auto', 'native', 'wasm']);
export type EngineChoice = v.InferOutput<typeof EngineChoice>;

/** How questions are put and scored: by the letter of the answer, as MMLU, or by its text, as ARC. */
export const ChoiceScore = v.picklist(['letter', 'text']);
export type ChoiceScore = v.InferOutput<typeof ChoiceScore>;

/** A field with what the editor shows about it. */
function described<S extends v.GenericSchema>(
  schema: S,
  text: string,
): v.SchemaWithPipe<readonly [S, v.DescriptionAction<v.InferOutput<S>, string>]> {
  return v.pipe(schema, v.description(text));
}

const layerNumbers = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.minLength(1));

/** Which layers to expand: by number, the k least important, those of most contrast, or every (L/k)-th as LLaMA-Pro does. */
export const ExpandChoice = v.union(
  [
    v.strictObject({ layers: described(layerNumbers, 'these layers, counted from 0') }),
    v.strictObject({ lowest: described(whole, 'the k layers of least importance') }),
    v.strictObject({
      contrast: described(
        whole,
        'the k layers that matter least to general text and most to the domain text, whose importance is then measured too',
      ),
    }),
    v.strictObject({ uniform: described(whole, 'every (L/k)-th layer, as LLaMA-Pro does') }),
  ],
  'give exactly one of "layers", "lowest", "contrast" and "uniform"',
);
export type ExpandChoice = v.InferOutput<typeof ExpandChoice>;

/** A *.adept.json: the whole job. Paths are relative to the file; the descriptions are what the editor shows. */
export const RunConfig = v.strictObject({
  $schema: v.optional(v.string()),
  model: described(path, 'the model: a Hugging Face folder, relative to this file'),
  probe: described(CorpusFiles, 'general text: importance is measured on it'),
  domain: described(CorpusFiles, 'domain text: the added layers are trained on it'),
  replay: v.optional(
    described(
      ReplayFiles,
      'general text that is trained on beside the domain text; tune.replayShare says how much',
    ),
  ),
  out: described(path, 'the run folder'),
  engine: v.optional(described(EngineChoice, 'what computes; auto: native where it is set up'), 'auto'),
  eval: v.optional(
    described(
      v.strictObject({
        domain: v.optional(described(CorpusFiles, 'domain text that is not trained on')),
        general: v.optional(described(CorpusFiles, 'general text; the probe when left out')),
      }),
      'texts whose loss is evaluated',
    ),
    {},
  ),
  importance: v.optional(
    described(
      path,
      'an importance.json of this model, measured before: the job goes by it instead of analyzing again',
    ),
  ),
  analyze: v.optional(
    described(
      settingsSchema(ANALYZE_SETTINGS),
      'stage 1: how the importance of layers and units is measured',
    ),
    {},
  ),
  expand: v.optional(described(ExpandChoice, 'stage 2: which layers get a trainable copy'), { lowest: 2 }),
  tune: described(settingsSchema(TUNE_SETTINGS), 'stage 3: how the added layers are trained'),
  choices: v.optional(
    described(
      v.strictObject({
        files: described(Paths, 'questions: .csv as MMLU has them, or .jsonl as ARC and MMLU are published'),
        maxQuestions: v.optional(described(whole, 'use only N questions')),
        sampling: v.optional(
          described(
            v.picklist(SAMPLINGS),
            'which questions are used where not all are: the first, or as many at even distances over all files',
          ),
        ),
        score: v.optional(
          described(
            ChoiceScore,
            'what has to be the likeliest: the letter of the answer, as MMLU is scored, or its text, as ARC is',
          ),
        ),
        examples: v.optional(described(Paths, 'answered questions; shots of them are put before each')),
        shots: v.optional(
          described(
            v.pipe(v.number(), v.integer(), v.minValue(0)),
            'how many examples are put before each question; 5 when left out, or none without examples',
          ),
        ),
      }),
      'multiple-choice questions, answered before and after',
    ),
  ),
  export: v.optional(
    described(
      v.strictObject({
        out: v.optional(
          described(path, 'the exported Hugging Face folder; inside the run folder when left out'),
        ),
        alpha: v.optional(
          described(
            v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
            'how much of what was learned is kept: 0 is the base model, 1 all of it',
          ),
        ),
      }),
      'the adapted model',
    ),
    {},
  ),
});
export type RunConfig = v.InferOutput<typeof RunConfig>;
