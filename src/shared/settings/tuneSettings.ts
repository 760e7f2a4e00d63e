import { frozenWeights, sampling } from './sharedSettings';
import type { SettingTable, SettingValues } from './settingTable';

export const TUNE_SETTINGS = {
  steps: { kind: 'whole', required: true, min: 1, description: 'optimizer steps', changeable: true },
  learningRate: {
    changeable: true,
    kind: 'number',
    required: true,
    min: 0,
    flag: '--lr',
    description: 'base learning rate; each unit gets 2·(1 − importance) of it',
  },
  updateEvery: {
    changeable: true,
    kind: 'whole',
    default: 500,
    min: 1,
    description: 'steps between refreshes of importance and learning rates',
  },
  batchSize: { kind: 'whole', default: 4, min: 1, description: 'sequences per forward pass' },
  seqLen: { kind: 'whole', default: 256, min: 2, description: 'tokens per packed sequence' },
  gradAccum: { kind: 'whole', default: 1, min: 1, description: 'forward passes per optimizer step' },
  warmup: { kind: 'whole', default: 0, min: 0, description: 'steps of linear warm-up', changeable: true },
  frozenWeights,
  schedule: {
    changeable: true,
    kind: 'choice',
    default: 'constant',
    choices: ['constant', 'cosine', 'linear'],
    description: "learning-rate schedule after warm-up, as in transformers' get_scheduler",
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
      "importance: 2·(1 − normalized importance) of the base rate (paper); rank: by the unit's rank among all; released: two groups, as in the released code; equal: the base rate for every unit (LLaMA-Pro)",
  },
  normRange: {
    kind: 'choice',
    default: 'shared',
    choices: ['shared', 'own'],
    description:
      'range for normalizing importance; own: norms are normalized among norms, because their importance has another scale than that of projections',
  },
  rateFloor: {
    kind: 'number',
    default: 0,
    min: 0,
    description: 'lowest learning rate of a unit, as a multiple of the base rate',
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
      'weight of the previous importance of a unit at a refresh: 0 uses the new value, 1 keeps the old one; the first refresh of added layers always uses the new value',
  },
  replayShare: {
    kind: 'number',
    default: 0.1,
    min: 0,
    max: 0.99,
    description: 'share of training sequences that are replay, if replay text is given',
  },
  order: {
    kind: 'choice',
    default: 'shuffled',
    choices: ['shuffled', 'given'],
    description: 'order of the training sequences',
  },
  weightDecay: {
    changeable: true,
    kind: 'number',
    default: 0,
    min: 0,
    description: 'decoupled weight decay, applied to matrices only',
  },
  maxGradNorm: {
    changeable: true,
    kind: 'number',
    default: 1,
    min: 0,
    description: 'limit of the global gradient norm; 0: no clipping',
  },
  full: {
    kind: 'switch',
    default: false,
    description: 'train every parameter of the model instead of the added layers',
  },
  saveEvery: {
    kind: 'whole',
    default: 500,
    min: 1,
    description: 'steps between checkpoints',
    changeable: true,
  },
  evalEvery: {
    changeable: true,
    kind: 'whole',
    min: 1,
    description:
      'steps between evaluations; by default saveEvery, and with maxGeneralRise at most a tenth of all steps',
  },
  maxTrainSequences: {
    kind: 'whole',
    min: 1,
    description: 'train on at most N sequences of the domain text',
  },
  maxProbeSequences: { kind: 'whole', min: 1, description: 'use at most N sequences of the probe' },
  maxEvalSequences: {
    kind: 'whole',
    min: 1,
    description: 'use at most N sequences of each evaluation corpus',
  },
  sampling,
  maxGeneralRise: {
    changeable: true,
    kind: 'number',
    min: 0,
    description: 'largest allowed increase of general loss over its initial value, in nats',
  },
  onGeneralRise: {
    changeable: true,
    kind: 'choice',
    default: 'stop',
    choices: ['stop', 'lower', 'freeze', 'rollBack'],
    description:
      'response to an evaluation above maxGeneralRise: stop the run, lower the base learning rate, freeze the units of highest risk (importance × parameters × rate), or roll back to the last checkpoint within the limit',
  },
  rateCut: {
    changeable: true,
    kind: 'number',
    default: 0.5,
    // A cut to nothing trains no more, and one of nothing would be tried for ever.
    min: 0.001,
    max: 0.99,
    description: 'factor on the base learning rate when the forgetting limit lowers it',
  },
  freezeShare: {
    changeable: true,
    kind: 'number',
    default: 0.25,
    min: 0,
    max: 1,
    description: 'share of all trained units that one freeze response freezes',
  },
  seed: { kind: 'whole', default: 0, min: 0, description: 'random seed of the order of sequences' },
  keepStates: {
    changeable: true,
    kind: 'whole',
    default: 4096,
    min: 0,
    description:
      'activation cache: disk space in MB for the input of the lowest trained layer, reused in later epochs; 0: no cache',
  },
} as const satisfies SettingTable;
export type TuneSettings = SettingValues<typeof TUNE_SETTINGS>;
