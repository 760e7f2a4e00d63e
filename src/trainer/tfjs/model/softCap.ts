import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';

/** cap · tanh(x / cap), which bounds values smoothly (Gemma 2, arXiv 2408.00118, section 2.3). */
export function softCap(engine: Engine, values: Tensor, cap: number): Tensor {
  return engine.tidy(() => engine.scale(engine.tanh(engine.scale(values, 1 / cap)), cap));
}

/** Gradient of {@link softCap}'s input: dx = dy∘(1 − tanh²(x / cap)). */
export function softCapBackward(engine: Engine, values: Tensor, cap: number, gradient: Tensor): Tensor {
  return engine.tidy(() => {
    const tanh = engine.tanh(engine.scale(values, 1 / cap));
    return engine.sub(gradient, engine.mul(gradient, engine.square(tanh)));
  });
}
