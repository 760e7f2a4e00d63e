import { frozenWeights, sampling } from './sharedSettings';
import type { SettingTable, SettingValues } from './settingTable';

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
