import type { ModelConfig } from '../../../shared/model/config';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { swiGlu, swiGluBackward } from './primitives';

type Activation = ModelConfig['activation'];

/** Of gelu's approximation by tanh (Hendrycks & Gimpel 2016): 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
const SLOPE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** activation(gate)∘up (Shazeer 2020, SwiGLU and GEGLU without their projections), [n, F]. */
export function gatedUnit(engine: Engine, activation: Activation, gate: Tensor, up: Tensor): Tensor {
  if (activation === 'silu') {
    return swiGlu(engine, gate, up);
  }
  return engine.tidy(() => engine.mul(gelu(engine, gate, geluTanh(engine, gate)), up));
}

/** Gradients of {@link gatedUnit}, and its value again where the gradients of the next projection want it. */
export function gatedUnitBackward(
  engine: Engine,
  activation: Activation,
  gradient: Tensor,
  gate: Tensor,
  up: Tensor,
  wantProduct: boolean,
): { gate: Tensor; up: Tensor; product?: Tensor | undefined } {
  if (activation === 'silu') {
    return swiGluBackward(engine, gradient, gate, up, wantProduct);
  }
  return engine.tidy(() => {
    const tanh = geluTanh(engine, gate);
    const value = gelu(engine, gate, tanh);
    const slope = geluSlope(engine, gate, tanh);
    const gradients = {
      gate: engine.mul(engine.mul(gradient, up), slope),
      up: engine.mul(gradient, value),
    };
    return wantProduct ? { ...gradients, product: engine.mul(value, up) } : gradients;
  });
}

/** t = tanh(√(2/π)·(x + c·x³)). */
function geluTanh(engine: Engine, x: Tensor): Tensor {
  const factor = engine.addScalar(engine.scale(engine.square(x), SLOPE * CUBIC), SLOPE);
  return engine.tanh(engine.mul(x, factor));
}

/** 0.5·x·(1 + t). */
function gelu(engine: Engine, x: Tensor, tanh: Tensor): Tensor {
  return engine.mul(x, engine.addScalar(engine.scale(tanh, 0.5), 0.5));
}

/** 0.5·(1 + t) + 0.5·x·(1 − t²)·√(2/π)·(1 + 3c·x²). */
function geluSlope(engine: Engine, x: Tensor, tanh: Tensor): Tensor {
  const half = engine.addScalar(engine.scale(tanh, 0.5), 0.5);
  const steepness = engine.addScalar(engine.scale(engine.square(x), 3 * SLOPE * CUBIC), SLOPE);
  const inner = engine.mul(x, steepness);
  const rest = engine.sub(inner, engine.mul(inner, engine.square(tanh)));
  return engine.add(half, engine.scale(rest, 0.5));
}
