import * as v from 'valibot';
import { SAMPLINGS } from './sampling';

/**
 * Every setting of a run, with its default and description, once: command-line options, the schema of *.adept.json
 * and the documentation are derived from these tables.
 */
export type Setting =
  | {
      readonly kind: 'whole';
      readonly default?: number;
      readonly required?: true;
      readonly min: number;
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'number';
      readonly default?: number;
      readonly required?: true;
      readonly min: number;
      readonly max?: number;
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'switch';
      readonly default: boolean;
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'choice';
      readonly default: string;
      readonly choices: readonly string[];
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'text';
      readonly default?: string;
      /** What stands for the value in help, for example `NAME`. */
      readonly placeholder: string;
      readonly description: string;
      readonly flag?: string;
    };

export type SettingTable = Readonly<Record<string, Setting>>;

type ValueOf<S extends Setting> = S extends { kind: 'choice'; choices: readonly (infer C)[] }
  ? C
  : S extends { kind: 'switch' }
    ? boolean
    : S extends { kind: 'text' }
      ? string
      : number;

type Certain = { default: unknown } | { required: true };

/** Values of a table: settings with a default and required ones always, the others when given. */
export type SettingValues<T extends SettingTable> = {
  [K in keyof T as T[K] extends Certain ? K : never]: ValueOf<T[K]>;
} & { [K in keyof T as T[K] extends Certain ? never : K]?: ValueOf<T[K]> | undefined };

const frozenWeights = {
  kind: 'choice',
  default: 'auto',
  choices: ['auto', 'float32', 'bfloat16'],
  description:
    'how matrices that do not change are kept, of checkpoints in bfloat16; auto: in bfloat16 where a measurement at the start says that it costs no time, or memory is short',
} as const satisfies Setting;
export type FrozenWeights = (typeof frozenWeights.choices)[number];

/** Of every limit on sequences. */
const sampling = {
  kind: 'choice',
  default: 'first',
  choices: SAMPLINGS,
  description:
    'which sequences are used where not all are: the first, or as many at even distances over the whole of the text',
} as const satisfies Setting;

/** How a corpus is read: options of every command that reads text, and of each corpus in *.adept.json. */
export const TEXT_SETTINGS = {
  textColumn: {
    kind: 'text',
    placeholder: 'NAME',
    description:
      'the column or key that holds the text, for example body or article.text; by default text, content or raw_content, or what else the rows have',
  },
  documentStart: {
    kind: 'text',
    default: 'auto',
    placeholder: 'auto|none|TOKEN',
    description: "token before each document; auto: the one that the tokenizer's own template sets",
  },
  documentEnd: {
    kind: 'text',
    default: 'auto',
    placeholder: 'auto|none|TOKEN',
    description:
      "token after each document; auto: the one that the tokenizer's own template sets, or the end of a text where that is the end of a turn in a chat",
  },
  packing: {
    kind: 'choice',
    default: 'joined',
    choices: ['joined', 'separate'],
    description:
      'joined: documents of a sequence see those before them; separate: no position sees another document, and positions begin anew at each',
  },
  dedup: {
    kind: 'choice',
    default: 'none',
    choices: ['none', 'exact'],
    description: 'exact: a document that was there before, but for white space, is left out',
  },
  skipBadRows: {
    kind: 'switch',
    default: false,
    description: 'pass over rows that cannot be read, and count them, instead of ending at the first',
  },
} as const satisfies SettingTable;
export type TextSettings = SettingValues<typeof TEXT_SETTINGS>;

export const ANALYZE_SETTINGS = {
  mode: {
    kind: 'choice',
    default: 'exact',
    choices: ['exact', 'fast'],
    description:
      "exact: increase in loss when a layer is masked; fast: how much a layer changes its input, relative to the input's size, one pass",
  },
  unitDefinition: {
    kind: 'choice',
    default: 'released',
    choices: ['released', 'paper'],
    description: 'unit importance: mean |θ|·|∂L/∂θ| (released code) or mean θ·∂L/∂θ (paper)',
  },
  seqLen: { kind: 'whole', default: 256, min: 2, description: 'tokens per packed sequence' },
  maxSequences: {
    kind: 'whole',
    min: 1,
    description: 'use only N sequences of the probe, and of the domain text where that is measured too',
  },
  sampling,
  batchSize: {
    kind: 'whole',
    default: 4,
    min: 1,
    description: 'sequences computed at once; unit importance averages over these batches',
  },
  parts: {
    kind: 'switch',
    default: false,
    description: 'also measure every attention head and groups of MLP neurons, within each unit',
  },
  stableFor: {
    kind: 'whole',
    min: 1,
    description:
      'an exact analysis ends as soon as the least important layers, on domain text those of most contrast, have been the same over so many further sequences, which are taken from all over the text; by default all of it is measured',
  },
  stableLayers: {
    kind: 'whole',
    default: 4,
    min: 1,
    description:
      'how many least important layers stableFor watches; in a job with expand.lowest or expand.contrast as many as that',
  },
  frozenWeights,
  memory: {
    kind: 'whole',
    min: 1,
    description:
      'most memory, MB: exact layer importance then takes as many sequences at once as are fastest and fit, and keeps on the disk what does not',
  },
} as const satisfies SettingTable;
export type AnalyzeSettings = SettingValues<typeof ANALYZE_SETTINGS>;

export const TUNE_SETTINGS = {
  steps: { kind: 'whole', required: true, min: 1, description: 'optimiser steps' },
  learningRate: {
    kind: 'number',
    required: true,
    min: 0,
    flag: '--lr',
    description: 'base learning rate; each unit gets 2·(1 − importance) of it',
  },
  updateEvery: {
    kind: 'whole',
    default: 500,
    min: 1,
    description: 'measure importance again and refresh the learning rates every M steps',
  },
  batchSize: { kind: 'whole', default: 4, min: 1, description: 'sequences per forward pass' },
  seqLen: { kind: 'whole', default: 256, min: 2, description: 'tokens per packed sequence' },
  gradAccum: { kind: 'whole', default: 1, min: 1, description: 'forward passes per optimiser step' },
  warmup: { kind: 'whole', default: 0, min: 0, description: 'steps of linear warm-up' },
  frozenWeights,
  schedule: {
    kind: 'choice',
    default: 'constant',
    choices: ['constant', 'cosine', 'linear'],
    description: "of the learning rate after warm-up, as transformers' get_scheduler",
  },
  unitDefinition: {
    kind: 'choice',
    default: 'released',
    choices: ['released', 'paper'],
    description: 'unit importance: mean |θ|·|∂L/∂θ| (released code) or mean θ·∂L/∂θ (paper)',
  },
  unitRates: {
    kind: 'choice',
    default: 'importance',
    choices: ['importance', 'rank', 'released', 'equal'],
    description:
      "importance: 2·(1 − normalised importance) of the base rate, as the paper has it; rank: by the unit's place among all; released: two groups, as the released code's optimiser; equal: the base rate for every unit (LLaMA-Pro)",
  },
  normRange: {
    kind: 'choice',
    default: 'shared',
    choices: ['shared', 'own'],
    description:
      "own: norms are compared with norms alone, whose importance is of another size than projections'",
  },
  rateFloor: {
    kind: 'number',
    default: 0,
    min: 0,
    description: 'least learning rate of a unit, as a multiple of the base rate',
  },
  rateCap: {
    kind: 'number',
    default: 2,
    min: 0,
    description: 'highest learning rate of a unit, as a multiple of the base rate',
  },
  rateSmoothing: {
    kind: 'number',
    default: 0,
    min: 0,
    max: 1,
    description:
      'share of its former importance that a unit keeps at every refresh: 0 forgets it, 1 never changes; the first refresh of added layers keeps nothing of what was measured on their sources',
  },
  replayShare: {
    kind: 'number',
    default: 0.1,
    min: 0,
    max: 0.99,
    description: 'share of the training sequences that are replay, where general text for it is given',
  },
  order: {
    kind: 'choice',
    default: 'shuffled',
    choices: ['shuffled', 'given'],
    description: 'order of the training sequences',
  },
  weightDecay: {
    kind: 'number',
    default: 0,
    min: 0,
    description: 'decoupled weight decay, of matrices only',
  },
  maxGradNorm: { kind: 'number', default: 1, min: 0, description: 'clip the global gradient norm; 0 is off' },
  full: {
    kind: 'switch',
    default: false,
    description: 'train every parameter of the model instead of the added layers',
  },
  saveEvery: { kind: 'whole', default: 500, min: 1, description: 'steps between checkpoints' },
  evalEvery: {
    kind: 'whole',
    min: 1,
    description:
      'steps between evaluations; by default saveEvery, with maxGeneralRise at most a tenth of all steps',
  },
  maxTrainSequences: {
    kind: 'whole',
    min: 1,
    description: 'train on only N sequences of the domain text',
  },
  maxProbeSequences: { kind: 'whole', min: 1, description: 'use only N sequences of the probe' },
  maxEvalSequences: {
    kind: 'whole',
    min: 1,
    description: 'use only N sequences of each evaluation corpus',
  },
  sampling,
  maxGeneralRise: {
    kind: 'number',
    min: 0,
    description: 'nats by which general loss may exceed its value before tuning',
  },
  onGeneralRise: {
    kind: 'choice',
    default: 'stop',
    choices: ['stop', 'lower', 'freeze', 'rollBack'],
    description:
      'at an evaluation beyond the forgetting limit: end the run, lower the base learning rate, freeze the units whose training risks most (importance × parameters × rate), or go on from the last checkpoint within it',
  },
  rateCut: {
    kind: 'number',
    default: 0.5,
    // A cut to nothing trains no more, and one of nothing would be tried for ever.
    min: 0.001,
    max: 0.99,
    description: 'what the base learning rate is multiplied by where the forgetting limit lowers it',
  },
  freezeShare: {
    kind: 'number',
    default: 0.25,
    min: 0,
    max: 1,
    description: 'share of all trained units that the forgetting limit freezes at once',
  },
  seed: { kind: 'whole', default: 0, min: 0, description: 'of the shuffling' },
  keepStates: {
    kind: 'whole',
    default: 4096,
    min: 0,
    description:
      'keep what enters the lowest trained layer for later epochs, on at most so many MB of disk; 0 computes it anew each time',
  },
} as const satisfies SettingTable;
export type TuneSettings = SettingValues<typeof TUNE_SETTINGS>;

/** The command-line option of a setting: its own, or the name in kebab case. */
export function flagOf(name: string, setting?: Setting): string {
  return setting?.flag ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The schema of a setting's value, when one is given. */
export function valueSchema(setting: Setting): v.GenericSchema {
  switch (setting.kind) {
    case 'whole':
      return v.pipe(v.number(), v.integer(), v.minValue(setting.min));
    case 'number': {
      const number = v.pipe(v.number(), v.finite(), v.minValue(setting.min));
      // JSON Schema has no infinity that could stand for no limit.
      return setting.max === undefined ? number : v.pipe(number, v.maxValue(setting.max));
    }
    case 'switch':
      return v.boolean();
    case 'choice':
      return v.picklist(setting.choices);
    case 'text':
      return v.pipe(v.string(), v.minLength(1));
  }
}

function entryOf(setting: Setting): v.GenericSchema {
  const schema = v.pipe(valueSchema(setting), v.description(setting.description));
  return 'required' in setting && setting.required ? schema : v.optional(schema, setting.default);
}

/** The schema of a table: unknown keys are an error, defaults are filled in. */
export function settingsSchema<T extends SettingTable>(table: T): v.GenericSchema<unknown, SettingValues<T>> {
  return settingsSchemaWith(table, {});
}

/** As {@link settingsSchema}, of an object that holds further keys too. */
export function settingsSchemaWith<T extends SettingTable, E extends v.ObjectEntries>(
  table: T,
  more: E,
): v.GenericSchema<unknown, SettingValues<T> & OutputOf<E>> {
  const entries = Object.fromEntries(
    Object.entries(table).map(([name, setting]) => [name, entryOf(setting)]),
  );
  // The entries are built from the table that SettingValues is derived from, so the output is what the type says.
  return v.strictObject({ ...more, ...entries }) as unknown as v.GenericSchema<
    unknown,
    SettingValues<T> & OutputOf<E>
  >;
}

type OutputOf<E extends v.ObjectEntries> = { readonly [K in keyof E]: v.InferOutput<E[K]> };
