import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { AdamWNumbers, AdamWTensors } from '../engine/fusedKernels';

/** First and second moment of one parameter. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * One AdamW update (Loshchilov & Hutter 2019), in the order of torch.optim.AdamW:
 * θ ← θ·(1 − lr·wd); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − (lr/(1 − β₁ᵗ))·m / (√v/√(1 − β₂ᵗ) + ε),
 * with g the gradient times `clip`.
 * @returns what replaces the old parameter and moments, which stay the caller's; the same tensors where the engine wrote
 * them in place.
 */
export function adamWUpdate(
  engine: Engine,
  { parameter, gradient, first: oldFirst, second: oldSecond }: AdamWTensors,
  numbers: AdamWNumbers,
): { parameter: Tensor; moments: Moments } {
  if (engine.fused) {
    engine.fused.adamW({ parameter, gradient, first: oldFirst, second: oldSecond }, numbers);
    return { parameter, moments: { first: oldFirst, second: oldSecond } };
  }
  const { clip, beta1, beta2, epsilon, weightDecay, learningRate, step } = numbers;
  return engine.tidy(() => {
    const clipped = clip === 1 ? gradient : engine.scale(gradient, clip);
    const first = engine.add(engine.scale(oldFirst, beta1), engine.scale(clipped, 1 - beta1));
    const second = engine.add(
      engine.scale(oldSecond, beta2),
      engine.scale(engine.square(clipped), 1 - beta2),
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
