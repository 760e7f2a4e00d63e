import { frozenWeights, sampling } from './sharedSettings';
import type { SettingTable, SettingValues } from './settingTable';

export const ANALYZE_SETTINGS = {
  mode: {
    kind: 'choice',
    default: 'exact',
    choices: ['exact', 'fast'],
    description:
      "exact: increase in loss when a layer is masked; fast: change of a layer's input relative to its size, from one pass",
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
    description: 'use at most N sequences of the probe and of the domain text',
  },
  sampling,
  batchSize: {
    kind: 'whole',
    default: 4,
    min: 1,
    description: 'sequences per batch; unit importance is a mean over batches',
  },
  parts: {
    kind: 'switch',
    default: false,
    description: 'also measure attention heads and groups of MLP neurons within each unit',
  },
  stableFor: {
    kind: 'whole',
    min: 1,
    description:
      'early stopping: end an exact analysis when the least important layers (with domain text, those of most contrast) have not changed over N further sequences, evenly spaced over the text; by default the whole text is measured',
  },
  stableLayers: {
    kind: 'whole',
    default: 4,
    min: 1,
    description:
      'number of layers that stableFor compares; in a job, that of expand.lowest or expand.contrast',
  },
  frozenWeights,
  memory: {
    kind: 'whole',
    min: 1,
    description:
      'memory limit in MB: exact layer importance uses the fastest batch size that fits, and stores the rest on disk',
  },
} as const satisfies SettingTable;
export type AnalyzeSettings = SettingValues<typeof ANALYZE_SETTINGS>;
