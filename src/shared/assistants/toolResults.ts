import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.string();
const loss = v.nullable(v.number());
/** How many were left out to keep the answer short. */
const omitted = count;

/** A text that was measured. */
const MeasuredText = v.object({
  files: v.array(text),
  omittedFiles: omitted,
  sequences: count,
  tokens: count,
  sequenceLength: count,
});

const LayerFacts = v.object({
  layer: count,
  importance: v.number(),
  /** Of the bootstrap's interval; absent where there was none. */
  low: v.optional(v.number()),
  high: v.optional(v.number()),
});

/** Which layers matter least, and the confidence of that. */
const LeastImportant = v.object({
  layers: v.array(count),
  certainty: v.picklist(['sure', 'tied', 'unknown']),
  /** Of the resamples of the text, the share that chooses the same layers. */
  share: v.nullable(v.number()),
  /** These may belong to them or not. */
  tied: v.array(count),
  /** How many further sequences would tell; null where none are needed or no number would. */
  moreSequences: v.nullable(count),
});

export const ImportanceResult = v.object({
  model: v.object({ folder: text, name: text, family: text, layers: count, parameters: count }),
  /** The file of the analysis, and when it was written. */
  analysis: text,
  analyzedAt: text,
  mode: v.picklist(['exact', 'fast']),
  unit: v.picklist(['nats per token', 'relative change']),
  /** General loss of the model as it is, nats per token. */
  baseLoss: v.number(),
  text: MeasuredText,
  leastImportant: LeastImportant,
  /** All layers in order; of a deep model the least and the most important ones. */
  layers: v.array(LayerFacts),
  omittedLayers: omitted,
  /** Layers of low importance on general and high importance on domain text, first those that suit most; null without domain text. */
  contrast: v.nullable(v.object({ layers: v.array(count), domainText: MeasuredText })),
  otherAnalyses: v.array(text),
});
export type ImportanceResult = v.InferOutput<typeof ImportanceResult>;

const RunRow = v.object({
  run: text,
  folder: text,
  state: text,
  step: count,
  steps: v.nullable(count),
  domainLoss: v.object({ before: loss, now: loss, best: loss }),
  generalLoss: v.object({ before: loss, now: loss, atBest: loss }),
  startedAt: v.nullable(text),
  problem: v.nullable(text),
});
export type RunRow = v.InferOutput<typeof RunRow>;

export const RunListResult = v.object({ runs: v.array(RunRow), omittedRuns: omitted, unit: text });
export type RunListResult = v.InferOutput<typeof RunListResult>;

export const RunDetailResult = v.object({
  ...RunRow.entries,
  unit: text,
  model: v.nullable(text),
  /** What it does now, and how far that is, 0 to 1, where it takes long. */
  stage: v.nullable(text),
  stageFraction: v.nullable(v.number()),
  secondsLeft: v.nullable(v.number()),
  /** For how long a living trainer has given no sign of life, where that is long. */
  silentSeconds: v.nullable(v.number()),
  /** Mean over the last steps. */
  trainingLoss: loss,
  bestStep: v.nullable(count),
  /** The model exported last whose files were measured. */
  exported: v.nullable(
    v.object({
      name: text,
      step: v.nullable(count),
      dtype: v.nullable(text),
      domainLoss: loss,
      generalLoss: loss,
    }),
  ),
  /** Layers of the base model that were copied and are trained. */
  copiedLayers: v.array(count),
  checkpoints: v.array(
    v.object({
      step: count,
      label: v.nullable(text),
      domainLoss: loss,
      generalLoss: loss,
      problem: v.nullable(text),
    }),
  ),
  omittedCheckpoints: omitted,
  /** Settings of training that are not at their default. */
  settings: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  texts: v.array(v.object({ role: text, files: v.array(text), omittedFiles: omitted })),
  engine: v.nullable(text),
  /** Why it stopped, where nobody asked for it. */
  stoppedBecause: v.nullable(text),
  error: v.nullable(text),
  /** Of a trainer that is gone without a word. */
  lastLogLines: v.array(text),
});
export type RunDetailResult = v.InferOutput<typeof RunDetailResult>;

const ComparedRow = v.object({ name: text, values: v.array(text) });

export const RunComparisonResult = v.object({
  runs: v.array(text),
  unit: text,
  results: v.array(ComparedRow),
  settingsThatDiffer: v.array(ComparedRow),
  omittedSettings: omitted,
});
export type RunComparisonResult = v.InferOutput<typeof RunComparisonResult>;

const Point = v.object({
  run: text,
  step: count,
  base: v.boolean(),
  lossOfOneBatch: loss,
  domainLoss: loss,
  generalLoss: loss,
  /** Of the tasks that were scored at this very step: shares of right answers with their 95 % intervals. */
  scores: v.array(
    v.object({ task: text, metric: text, value: v.number(), low: v.number(), high: v.number() }),
  ),
  omittedScores: omitted,
});

export const CheckpointComparisonResult = v.object({
  a: Point,
  b: Point,
  unit: text,
  /** ‖B − A‖ / ‖A‖ of the units that moved most, the largest first; null where A is zero. */
  unitsMovedMost: v.array(v.object({ layer: count, unit: text, relativeChange: v.nullable(v.number()) })),
  omittedUnits: omitted,
  notes: v.array(text),
});
export type CheckpointComparisonResult = v.InferOutput<typeof CheckpointComparisonResult>;

const SettingFacts = v.object({
  key: text,
  /** Where it is written. */
  where: v.picklist(['*.adept.json', 'VS Code settings']),
  description: text,
  /** What it takes. */
  value: text,
  default: v.nullable(v.union([v.string(), v.number(), v.boolean(), v.array(v.string())])),
  required: v.boolean(),
  /** Whether a run that is resumed may go on with another value. */
  changeable: v.boolean(),
  commandLineOption: v.optional(text),
});
export type SettingFacts = v.InferOutput<typeof SettingFacts>;

export const SettingResult = v.object({ settings: v.array(SettingFacts), omittedSettings: omitted });
export type SettingResult = v.InferOutput<typeof SettingResult>;

const Reason = v.object({
  about: text,
  layers: v.nullable(v.array(count)),
  settings: v.record(v.string(), v.string()),
  reason: text,
});

export const ProposalResult = v.object({
  /** Where to save it: relative paths in it start there. */
  file: text,
  text,
  reasons: v.array(Reason),
  /** Another choice that costs less, where the text repeats. */
  alternative: v.nullable(Reason),
  /** What hardly anybody means, or the machine hardly has. */
  warnings: v.array(text),
  cost: v.object({
    trainedParameters: v.nullable(count),
    memoryBytes: v.nullable(v.number()),
    seconds: v.nullable(v.number()),
    /** Why nothing more is known. */
    unknownBecause: v.nullable(text),
  }),
});
export type ProposalResult = v.InferOutput<typeof ProposalResult>;

/** What became of something that the person was asked about. */
export const ActionResult = v.object({
  done: v.boolean(),
  /** The folder of the run, or of the exported model; null where nothing was done. */
  folder: v.nullable(text),
  message: text,
});
export type ActionResult = v.InferOutput<typeof ActionResult>;
