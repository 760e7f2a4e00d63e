import * as v from 'valibot';
import { FLOAT_TYPES } from '../model/floatType';
import { SAMPLINGS } from '../settings/sampling';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { ANALYZE_SETTINGS } from '../settings/analyzeSettings';
import { settingsSchema } from '../settings/settingTable';
import { CorpusFiles, Paths, ReplayFiles } from '../texts/texts';

const path = v.pipe(v.string(), v.minLength(1));
const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

export const EngineChoice = v.picklist(['auto', 'native', 'wasm', 'torch']);
export type EngineChoice = v.InferOutput<typeof EngineChoice>;

/** What torch computes matrix products in; what trains has float32 values in any case. */
export const TorchDtype = v.picklist(['auto', 'float32', 'bfloat16']);
export type TorchDtype = v.InferOutput<typeof TorchDtype>;

/** The type of an export's weights; `auto` is the source's own. */
export const ExportDtype = v.picklist(['auto', ...FLOAT_TYPES]);
export type ExportDtype = v.InferOutput<typeof ExportDtype>;

/** How many processes of torch compute together. */
export const Ranks = whole;

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

/** Tokens of an answer, where nothing else is said. */
export const ANSWER_TOKENS = 48;

/** What the model is asked as the run goes on. */
export const AnswerSettings = v.strictObject({
  prompts: v.optional(
    described(
      path,
      'a file of prompts: .txt with one a line, .jsonl or .json; by default a small general set and beginnings of the domain evaluation text',
    ),
  ),
  every: v.optional(described(whole, 'steps between answers; by default at every evaluation')),
  maxTokens: v.optional(described(whole, `tokens of an answer; by default ${ANSWER_TOKENS}`)),
});
export type AnswerSettings = v.InferOutput<typeof AnswerSettings>;

/** Which questions a model answers. */
const questions = {
  files: described(Paths, 'questions: .csv as in MMLU, or .jsonl as ARC and MMLU are published'),
  maxQuestions: v.optional(described(whole, 'use at most N questions')),
  sampling: v.optional(
    described(
      v.picklist(SAMPLINGS),
      'which questions a limit selects: the first, or evenly spaced ones (spread)',
    ),
  ),
  examples: v.optional(described(Paths, 'answered questions, of which shots are put before each question')),
  shots: v.optional(
    described(
      v.pipe(v.number(), v.integer(), v.minValue(0)),
      'number of examples before each question; by default 5, or none without examples',
    ),
  ),
};
const score = v.optional(
  described(ChoiceScore, 'what is scored: the letter of the answer, as in MMLU, or its text, as in ARC'),
);

/** Questions of a task that are answered, where nothing else is said. */
export const TASK_QUESTIONS = 100;

/** What every task of a run has. */
const task = {
  name: described(
    v.pipe(v.string(), v.regex(/^[\w.-]{1,40}$/, 'give at most 40 letters, digits, ".", "-" and "_"')),
    'what its scores are called: at most 40 letters, digits, ".", "-" and "_"',
  ),
  ...questions,
  maxQuestions: v.optional(described(whole, `use at most N questions; by default ${TASK_QUESTIONS}`)),
  sampling: v.optional(
    described(
      v.picklist(SAMPLINGS),
      'which questions a limit selects: the first, or evenly spaced ones (spread, the default)',
    ),
  ),
  every: v.optional(described(whole, 'steps between measurements; by default at every evaluation')),
};

/** Questions whose right answers are counted as a run goes on. */
export const EvalTask = v.variant('format', [
  v.strictObject({
    format: described(v.literal('choices'), 'multiple choice, by likelihood'),
    ...task,
    score,
  }),
  v.strictObject({
    format: described(v.literal('generate'), 'answers in the model’s own words, as GSM8K'),
    ...task,
    files: described(Paths, 'questions with answers: .jsonl or .csv with "question" and "answer"'),
    maxTokens: v.optional(described(whole, 'tokens of an answer; by default 256')),
  }),
]);
export type EvalTask = v.InferOutput<typeof EvalTask>;

/** Each with a name of its own. */
export const EvalTasks = v.pipe(
  v.array(EvalTask),
  v.minLength(1),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) {
      return;
    }
    dataset.value.forEach(({ name }, index) => {
      if (dataset.value.findIndex((other) => other.name === name) < index) {
        addIssue({ message: `there is a task "${name}" before: give it another name` });
      }
    });
  }),
);

/** Which layers to expand: by number, the k least important, those of most contrast, or every (L/k)-th as LLaMA-Pro does. */
export const ExpandChoice = v.union(
  [
    v.strictObject({ layers: described(layerNumbers, 'these layers, counted from 0') }),
    v.strictObject({ lowest: described(whole, 'the k layers of least importance') }),
    v.strictObject({
      contrast: described(
        whole,
        'the k layers of low importance on general text and high importance on domain text, which is then measured too',
      ),
    }),
    v.strictObject({ uniform: described(whole, 'every (L/k)-th layer, as in LLaMA-Pro') }),
  ],
  'give exactly one of "layers", "lowest", "contrast" and "uniform"',
);
export type ExpandChoice = v.InferOutput<typeof ExpandChoice>;

/** A *.adept.json: the whole job. Paths are relative to the file; the descriptions are what the editor shows. */
export const RunConfig = v.strictObject({
  $schema: v.optional(v.string()),
  model: described(
    path,
    'the model: a Hugging Face folder, relative to this file, or org/name from the local Hub cache',
  ),
  probe: described(CorpusFiles, 'general text: importance is measured on it'),
  domain: described(CorpusFiles, 'domain text: the added layers are trained on it'),
  replay: v.optional(
    described(ReplayFiles, 'general text to train on as well; tune.replayShare is its share'),
  ),
  out: described(path, 'the run folder'),
  engine: v.optional(
    described(EngineChoice, 'engine; auto: torch if it has a GPU, else native if installed, else wasm'),
    'auto',
  ),
  ranks: v.optional(
    described(
      Ranks,
      'processes that compute together, one a GPU where there are GPUs; with the engine torch',
    ),
  ),
  dtype: v.optional(
    described(
      TorchDtype,
      'what is computed in; auto: bfloat16 on a GPU that has it, otherwise float32; with the engine torch',
    ),
  ),
  eval: v.optional(
    described(
      v.strictObject({
        domain: v.optional(described(CorpusFiles, 'domain text that is not trained on')),
        general: v.optional(described(CorpusFiles, 'general text; by default the probe')),
      }),
      'texts whose loss is evaluated',
    ),
    {},
  ),
  importance: v.optional(
    described(path, 'an importance.json of this model; the job uses it instead of analyzing again'),
  ),
  analyze: v.optional(
    described(
      settingsSchema(ANALYZE_SETTINGS),
      'stage 1: how the importance of layers and units is measured',
    ),
    {},
  ),
  expand: v.optional(described(ExpandChoice, 'stage 2: which layers are expanded'), { lowest: 2 }),
  tune: described(settingsSchema(TUNE_SETTINGS), 'stage 3: how the added layers are trained'),
  choices: v.optional(
    described(
      v.strictObject({ ...questions, score }),
      'multiple-choice questions, answered before and after tuning',
    ),
  ),
  answers: v.optional(
    described(
      AnswerSettings,
      'prompts that the model answers before the first step and as the run goes on: {} asks a default set',
    ),
  ),
  evalTasks: v.optional(
    described(
      EvalTasks,
      'questions that the model answers before the first step and as the run goes on: their scores stand beside the losses',
    ),
  ),
  export: v.optional(
    described(
      v.strictObject({
        out: v.optional(
          described(path, 'the exported Hugging Face folder; by default inside the run folder'),
        ),
        alpha: v.optional(
          described(
            v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
            'strength of the added layers (α): 0 is the original model, 1 the tuned model',
          ),
        ),
        dtype: v.optional(
          described(
            ExportDtype,
            "data type of the weights; auto: each tensor in the source's own, so that frozen ones keep every byte",
          ),
        ),
      }),
      'the adapted model',
    ),
    {},
  ),
});
export type RunConfig = v.InferOutput<typeof RunConfig>;
