import type { Tensor } from './tensor';

/** Queries [B·T, H·headDim], keys and values [B·T, K·headDim], as projected (and normalized, where heads are). */
export interface AttentionInputs {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Cosines and signed sines, both [1, T, headDim], of queries and of keys. */
export interface RopeTensors {
  readonly cosines: Tensor;
  readonly signedSines: Tensor;
}

export interface AttentionLayout {
  readonly heads: number;
  readonly kvHeads: number;
  readonly queryRope: RopeTensors;
  readonly keyRope: RopeTensors;
  /** Positions that a query sees, itself included; undefined is all before it. */
  readonly window: number | undefined;
  /**
   * [B·T] int32: the first position of each position's document, where rotation begins anew and which no later document
   * sees; undefined: every sequence is one document.
   */
  readonly documentStarts: Tensor | undefined;
}

/** Of n new tokens of B sequences, whose keys and values go to those before them. */
export interface CachedLayout {
  readonly heads: number;
  readonly kvHeads: number;
  /** [n, 1, headDim] each. */
  readonly queryRope: RopeTensors;
  readonly keyRope: RopeTensors;
  /** Positions that a query sees, itself included; undefined is all before it. */
  readonly window: number | undefined;
  /** Scores s become cap·tanh(s/cap); undefined: they stay. */
  readonly cap: number | undefined;
  /** [B·K, capacity, headDim] each, keys after rotation; those of the new tokens are written into them. */
  readonly keptKeys: Tensor;
  readonly keptValues: Tensor;
  readonly tokenPositions: TokenPositions;
}

/** [n] int32 each: the sequence of every new token, below B, and where in it the token stands, below the capacity. */
export interface TokenPositions {
  readonly sequences: Tensor;
  readonly positions: Tensor;
}

/** Weights of a layer: norm, attention, residual, norm, SwiGLU, residual, without biases; matrices all of one type. */
export interface PlainLayer {
  readonly attentionNorm: Tensor;
  readonly mlpNorm: Tensor;
  /** [out, in] in float32, or packed bfloat16: q, k, v, o, gate, up and down. */
  readonly projections: readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  readonly epsilon: number;
}

export interface NormGradientRequest {
  /** [n, D] */
  readonly input: Tensor;
  /** [D] */
  readonly weight: Tensor;
  readonly epsilon: number;
  /** Of the norm's output, [n, D] each; their sum counts. */
  readonly gradients: readonly Tensor[];
  /** [n, D], added to the gradient of the input: what flows around the norm. */
  readonly residual?: Tensor | undefined;
  readonly wantWeight: boolean;
}

/**
 * Whole steps of a decoder layer as single operations, where an engine has them; elsewhere the model composes them of
 * the engine's small operations. Values agree within float32's rounding.
 */
export interface FusedKernels {
  /** a + b, of one shape. */
  add(a: Tensor, b: Tensor): Tensor;
  /** x·Wᵀ for few rows x [n, in], W [out, in] in float32 or packed bfloat16, which is read once. */
  fewRows(input: Tensor, weight: Tensor): Tensor;
  rmsNorm(input: Tensor, weight: Tensor, epsilon: number): Tensor;
  /** input + delta, and its norm. */
  addRmsNorm(input: Tensor, delta: Tensor, weight: Tensor, epsilon: number): { sum: Tensor; normed: Tensor };
  rmsNormGradient(request: NormGradientRequest): { input: Tensor; weight?: Tensor | undefined };
  swiGlu(gate: Tensor, up: Tensor): Tensor;
  swiGluGradient(
    gradient: Tensor,
    gate: Tensor,
    up: Tensor,
    wantProduct: boolean,
  ): { gate: Tensor; up: Tensor; product?: Tensor | undefined };
  /** Attended values [B·T, H·headDim] and the logarithms of the softmax's normalizers [B, H, T]. */
  attention(inputs: AttentionInputs, layout: AttentionLayout): { attended: Tensor; normalizers: Tensor };
  attentionGradient(
    inputs: AttentionInputs,
    layout: AttentionLayout,
    saved: { attended: Tensor; normalizers: Tensor },
    gradient: Tensor,
  ): AttentionInputs;
  /** RoPE and attention of new tokens, [n, H·headDim], each over itself and those before it in its sequence. */
  cachedAttention(inputs: AttentionInputs, layout: CachedLayout): Tensor;
  /** A whole layer for new tokens, [n, D]; as {@link cachedAttention} it writes what is kept. */
  plainLayer(input: Tensor, layer: PlainLayer, layout: CachedLayout): Tensor;
  /** Σ a∘b, or Σ |a∘b|, as a scalar; summed in double precision. */
  dot(a: Tensor, b: Tensor, absolute: boolean): Tensor;
  /** Writes the parameter and its moments in place. */
  adamW(tensors: AdamWTensors, numbers: AdamWNumbers): void;
}

export interface AdamWTensors {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

export interface AdamWNumbers {
  /** The gradient counts times this: how it is clipped. */
  readonly clip: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly learningRate: number;
  /** Optimiser step t, from 1. */
  readonly step: number;
}
