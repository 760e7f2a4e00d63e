import type { PricedEngine } from './plan';

interface EngineCosts {
  readonly memory: {
    /** Bytes of the process before a model is loaded, and of the slice of a tensor that is on its way to the disk. */
    readonly process: number;
    readonly checkpointLimit: number;
    /** How much more an allocator holds than it has given out. */
    readonly spread: number;
    /** Arrays [rows, V] and [rows, D] of one chunk of the head: head.ts, chunkBackward. */
    readonly logitArrays: number;
    readonly chunkArrays: number;
    /** Whether a transposed operand is copied first. */
    readonly transposes: boolean;
    /** Arrays beside each tensor that is updated: adamW.ts. */
    readonly updateArrays: number;
  };
  /** What one value costs beside a matrix product, floating-point operations: `npm run bench:estimator`. */
  readonly flops: { readonly elementwise: number; readonly logits: number; readonly updated: number };
}

export const ENGINE_COSTS = {
  native: {
    memory: {
      ...{ process: 420e6, spread: 1.1, checkpointLimit: 60e6, transposes: false },
      ...{ logitArrays: 1, chunkArrays: 4, updateArrays: 0 },
    },
    flops: { elementwise: 100, logits: 250, updated: 400 },
  },
  composed: {
    memory: {
      ...{ process: 420e6, spread: 1.1, checkpointLimit: 60e6, transposes: false },
      ...{ logitArrays: 2, chunkArrays: 12, updateArrays: 15 },
    },
    flops: { elementwise: 100, logits: 350, updated: 3000 },
  },
  wasm: {
    memory: {
      ...{ process: 120e6, spread: 1.1, checkpointLimit: 60e6, transposes: true },
      ...{ logitArrays: 5, chunkArrays: 12, updateArrays: 15 },
    },
    flops: { elementwise: 100, logits: 350, updated: 400 },
  },
} as const satisfies Record<PricedEngine, EngineCosts>;
