import { frozenWeights, sampling } from './sharedSettings';
import type { SettingTable, SettingValues } from './settingTable';

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
