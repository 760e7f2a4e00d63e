import type { FrozenDtype } from '../../shared/settings/sharedSettings';

/** A tensor that steps change. */
export interface TrainedTensor {
  /** As in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The unit whose learning rate it follows; undefined outside the layers. */
  readonly unit: { readonly layer: number; readonly name: string } | undefined;
  /** Weight decay applies to matrices only, as is usual: norms and biases are left alone. */
  readonly decays: boolean;
}

/** How the matrices of frozen layers lie in memory, and why. */
export interface FrozenStorage {
  readonly dtype: FrozenDtype;
  readonly reason: string;
}

/** Of one batch. */
export interface MaskedLosses {
  /** [B] predicted positions of each sequence. */
  readonly targets: Int32Array;
  /** [(L + 1)·B] losses of each sequence added up in double precision: the untouched model's first, then without each layer. */
  readonly sums: Float64Array;
}

/** Of one batch. */
export interface LayerChanges {
  /** [N] */
  readonly losses: Float32Array;
  /** [L·B] of each layer, over the tokens of each sequence. */
  readonly sums: Float64Array;
}

/** Of one batch. */
export interface UnitSums {
  /** [layers·units] in the order of the request's layers and the model's units. */
  readonly sums: Float64Array;
  /** For each entry of the request's groups, [layers·groups]. */
  readonly groups: readonly Float64Array[];
}

/** What comes next after each of n tokens, which are the last of rows or, in a row that reads several, follow one another. */
export interface NextTokens {
  /** [n] the likeliest token; of equal ones the lowest. */
  readonly top: Int32Array;
  /** [n·V], where they were wanted. */
  readonly logits?: Float32Array | undefined;
}

export interface StepResult {
  /** Mean over all predicted positions of the step, nats. */
  readonly loss: number;
  /** Of all tensors that train together, before clipping. */
  readonly gradNorm: number;
  readonly tokens: number;
  /** How many tensors are alive afterwards, where that is counted: constant from step to step, or something leaks. */
  readonly tensors?: number | undefined;
}

/** Bytes. */
export interface ProcessMemory {
  readonly now: number;
  readonly peak: number;
}
