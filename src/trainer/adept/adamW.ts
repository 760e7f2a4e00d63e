import type { Engine, Tensor } from '../engine/engine';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export const ADAMW_DEFAULTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** First and second moment of one parameter. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * One AdamW update (Loshchilov & Hutter 2019), in the order of torch.optim.AdamW:
 * θ ← θ·(1 − lr·wd); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − (lr/(1 − β₁ᵗ))·m / (√v/√(1 − β₂ᵗ) + ε).
 * @param step optimiser step t, from 1
 * @returns new tensors; the old ones stay the caller's.
 */
export function adamWUpdate(
  engine: Engine,
  parameter: Tensor,
  gradient: Tensor,
  moments: Moments,
  learningRate: number,
  step: number,
  options: AdamWOptions,
): { parameter: Tensor; moments: Moments } {
  const { beta1, beta2, epsilon, weightDecay } = options;
  return engine.tidy(() => {
    const first = engine.add(engine.scale(moments.first, beta1), engine.scale(gradient, 1 - beta1));
    const second = engine.add(
      engine.scale(moments.second, beta2),
      engine.scale(engine.square(gradient), 1 - beta2),
    );
    const denominator = engine.addScalar(
      engine.scale(engine.sqrt(second), 1 / Math.sqrt(1 - beta2 ** step)),
      epsilon,
    );
    const update = engine.scale(engine.div(first, denominator), learningRate / (1 - beta1 ** step));
    const decayed = weightDecay === 0 ? parameter : engine.scale(parameter, 1 - learningRate * weightDecay);
    return { parameter: engine.sub(decayed, update), moments: { first, second } };
  });
}
