import type { ExecutorDescription } from '../../executor/executor';
import type { FusedKernels } from './fusedKernels';
import type { Tensor } from './tensor';

/** Which engine computes: libtensorflow through its N-API binding, or WebAssembly. */
export type EngineKind = 'native' | 'wasm';
/** `auto`: the native one where it is installed. */
export type TfjsChoice = EngineKind | 'auto';

export interface EngineDescription extends ExecutorDescription {
  readonly engine: EngineKind;
  readonly tfjs: string;
}

export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Loss of each row, and what its gradient needs. */
export interface CrossEntropy {
  /** Negative log-likelihood of each row's target, nats, shape [n]. */
  readonly losses: Tensor;
  /** scale·(softmax − one-hot), shape [n, V]: the gradient of `scale · Σ losses`. */
  readonly logitGradients: Tensor;
}

/** Matrices that are kept in bfloat16 and upcast, exactly, whenever they are used. */
export interface Bfloat16Storage {
  /** @param bytes of bfloat16 values, row-major; `columns` is even @returns int32 [rows, columns / 2] */
  pack(bytes: Uint8Array, rows: number, columns: number): Tensor;
  /** float32 [rows, columns]. */
  upcast(packed: Tensor): Tensor;
}

/**
 * The operations the trainer is written in; the only module that knows which library computes them. Tensors are
 * float32 unless they are indices (int32). Every operation returns a new tensor, which lives until the enclosing
 * `tidy` ends or `dispose` frees it.
 */
export interface Engine {
  readonly kind: EngineKind;
  /** Weights in half the memory, where the engine can hold them. */
  readonly bfloat16Storage?: Bfloat16Storage | undefined;
  /** Larger operations, where the engine has them. */
  readonly fused?: FusedKernels | undefined;
  /** The same engine for batches of a token in every row: its {@link project} is there. */
  readonly fewRows?: Engine | undefined;
  /**
   * x·Wᵀ, x [n, in], W [out, in] in float32 or packed bfloat16, for so few rows that reading W takes longer than computing:
   * it is read once. A row's values do not depend on the others, and agree with {@link matMul} within float32's rounding.
   */
  readonly project?: ((input: Tensor, weight: Tensor) => Tensor) | undefined;
  describe(): EngineDescription;

  /** Takes the values over: an engine may compute in their memory, and write into it where an operation says so. */
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  indices(values: Int32Array, shape: readonly number[]): Tensor;
  zeros(shape: readonly number[]): Tensor;
  /** The values of a tensor, row-major, copied to the host. Waits for the device. */
  read(tensor: Tensor): Float32Array;

  /** Runs `work` and frees every tensor made in it, save those reachable from what it returns (arrays and plain objects). */
  tidy<T>(work: () => T): T;
  /** Protects a tensor from the enclosing `tidy`. */
  keep(tensor: Tensor): Tensor;
  dispose(...tensors: readonly (Tensor | undefined)[]): void;
  /** How many tensors are alive; constant from step to step, or something leaks. */
  tensorCount(): number;

  /** Matrix product, [n, k]·[k, m], or batched with one leading axis; flags transpose the last two axes first. */
  matMul(a: Tensor, b: Tensor, options?: MatMulOptions): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  div(a: Tensor, b: Tensor): Tensor;
  scale(a: Tensor, factor: number): Tensor;
  addScalar(a: Tensor, value: number): Tensor;
  abs(a: Tensor): Tensor;
  sqrt(a: Tensor): Tensor;
  rsqrt(a: Tensor): Tensor;
  square(a: Tensor): Tensor;
  sigmoid(a: Tensor): Tensor;
  tanh(a: Tensor): Tensor;
  /** Over the last axis. */
  softmax(a: Tensor): Tensor;
  /** Over one axis, or over everything when none is named. */
  sum(a: Tensor, axis?: number, keepDims?: boolean): Tensor;
  mean(a: Tensor, axis: number, keepDims?: boolean): Tensor;

  reshape(a: Tensor, shape: readonly number[]): Tensor;
  transpose(a: Tensor, permutation: readonly number[]): Tensor;
  slice(a: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  concat(parts: readonly Tensor[], axis: number): Tensor;
  clone(a: Tensor): Tensor;

  /** Rows of `table` [V, D] by `ids` [n]. */
  gather(table: Tensor, ids: Tensor): Tensor;
  /** [size, D] whose row `ids[i]` is the sum of the rows `i` of `rows` [n, D]: the gradient of `gather`. */
  scatterAdd(ids: Tensor, rows: Tensor, size: number): Tensor;

  /**
   * Cross-entropy of `logits` [n, V] against `targets` [n] (int32). Takes the logits over: they are freed, or become the
   * gradients.
   */
  crossEntropy(logits: Tensor, targets: Tensor, scale: number): CrossEntropy;
  /** The losses alone, shape [n]. */
  crossEntropyLosses(logits: Tensor, targets: Tensor): Tensor;

  /** Frees what the engine holds beyond its tensors. */
  close(): void;
}
