import type { PlannedEngine } from './plan';

export const ENGINE_COSTS = {
  native: {
    memory: { process: 420e6, spread: 1.1, checkpointLimit: 60e6, logitArrays: 2, transposes: false },
    flops: { elementwise: 100, logits: 350, updated: 3000 },
  },
  wasm: {
    memory: { process: 120e6, spread: 1.1, checkpointLimit: 60e6, logitArrays: 5, transposes: true },
    flops: { elementwise: 100, logits: 350, updated: 400 },
  },
} as const satisfies Record<PlannedEngine, unknown>;
