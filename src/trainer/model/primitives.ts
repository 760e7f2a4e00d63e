import type { Engine, Tensor } from '../engine/engine';
import type { UnitTensors } from './weights';

/** y = x·Wᵀ + b, x [n, in], W [out, in] as checkpoints store it. */
export function linear(engine: Engine, input: Tensor, unit: UnitTensors): Tensor {
  const product = engine.matMul(input, unit.weight, { transposeB: true });
  return unit.bias === undefined ? product : engine.add(product, unit.bias);
}

/** ∂L/∂x of {@link linear}: dy·W. */
export function linearInputGradient(engine: Engine, gradient: Tensor, unit: UnitTensors): Tensor {
  return engine.matMul(gradient, unit.weight);
}

/** ∂L/∂W = dyᵀ·x and, where there is a bias, ∂L/∂b = Σ dy. */
export function linearGradients(
  engine: Engine,
  gradient: Tensor,
  input: Tensor,
  unit: UnitTensors,
): UnitTensors {
  const weight = engine.matMul(gradient, input, { transposeA: true });
  return unit.bias === undefined ? { weight } : { weight, bias: engine.sum(gradient, 0) };
}

/** x/√(mean(x²)+ε) and the factor [n, 1], over the last axis. */
export function normalize(
  engine: Engine,
  input: Tensor,
  epsilon: number,
): { normalized: Tensor; inverse: Tensor } {
  const inverse = engine.rsqrt(engine.addScalar(engine.mean(engine.square(input), -1, true), epsilon));
  return { normalized: engine.mul(input, inverse), inverse };
}

/** RMS norm (Zhang & Sennrich 2019): x/√(mean(x²)+ε)∘g over the last axis. */
export function rmsNorm(engine: Engine, input: Tensor, weight: Tensor, epsilon: number): Tensor {
  return engine.mul(normalize(engine, input, epsilon).normalized, weight);
}

/**
 * Gradients of {@link rmsNorm}: with x̂ = x·r and u = dy∘g, dx = r·(u − x̂·mean(u∘x̂)) and dg = Σ dy∘x̂.
 * `input` is [n, size]; dg is computed only when asked for.
 */
export function rmsNormBackward(
  engine: Engine,
  gradient: Tensor,
  input: Tensor,
  weight: Tensor,
  epsilon: number,
  wantWeight: boolean,
): { input: Tensor; weight?: Tensor } {
  const { normalized, inverse } = normalize(engine, input, epsilon);
  const scaled = engine.mul(gradient, weight);
  const projection = engine.mean(engine.mul(scaled, normalized), -1, true);
  const inputGradient = engine.mul(engine.sub(scaled, engine.mul(normalized, projection)), inverse);
  return wantWeight
    ? { input: inputGradient, weight: engine.sum(engine.mul(gradient, normalized), 0) }
    : { input: inputGradient };
}

/** silu(gate)∘up (Shazeer 2020, SwiGLU without its projections). */
export function swiGlu(engine: Engine, gate: Tensor, up: Tensor): Tensor {
  return engine.mul(engine.mul(gate, engine.sigmoid(gate)), up);
}

/** Gradients of {@link swiGlu}: with s = σ(gate), dup = d∘gate∘s and dgate = d∘up∘(s + gate∘s∘(1 − s)). */
export function swiGluBackward(
  engine: Engine,
  gradient: Tensor,
  gate: Tensor,
  up: Tensor,
): { gate: Tensor; up: Tensor } {
  const sigmoid = engine.sigmoid(gate);
  const silu = engine.mul(gate, sigmoid);
  const slope = engine.add(sigmoid, engine.sub(silu, engine.mul(silu, sigmoid)));
  return { gate: engine.mul(engine.mul(gradient, up), slope), up: engine.mul(gradient, silu) };
}
