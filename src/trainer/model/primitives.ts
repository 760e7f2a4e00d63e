import type { Engine, Tensor } from '../engine/engine';
import type { UnitTensors } from './weights';

/**
 * `result`, once the tensors that it was made of are freed. Freed at once and not at the end of the pass, their memory is still
 * in the processor's cache when the next operation takes it.
 */
export function spending(engine: Engine, spent: readonly Tensor[], result: Tensor): Tensor {
  engine.dispose(...spent);
  return result;
}

/** y = x·Wᵀ + b, x [n, in], W [out, in] as checkpoints store it. */
export function linear(engine: Engine, input: Tensor, unit: UnitTensors): Tensor {
  const product = engine.matMul(input, unit.weight, { transposeB: true });
  return unit.bias === undefined ? product : spending(engine, [product], engine.add(product, unit.bias));
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
  const square = engine.square(input);
  const mean = spending(engine, [square], engine.mean(square, -1, true));
  const shifted = spending(engine, [mean], engine.addScalar(mean, epsilon));
  const inverse = spending(engine, [shifted], engine.rsqrt(shifted));
  return { normalized: engine.mul(input, inverse), inverse };
}

/** RMS norm (Zhang & Sennrich 2019): x/√(mean(x²)+ε)∘g over the last axis. */
export function rmsNorm(engine: Engine, input: Tensor, weight: Tensor, epsilon: number): Tensor {
  const { normalized, inverse } = normalize(engine, input, epsilon);
  return spending(engine, [normalized, inverse], engine.mul(normalized, weight));
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
  const product = engine.mul(scaled, normalized);
  const projection = spending(engine, [product], engine.mean(product, -1, true));
  const along = spending(engine, [projection], engine.mul(normalized, projection));
  const across = spending(engine, [scaled, along], engine.sub(scaled, along));
  const inputGradient = spending(engine, [across, inverse], engine.mul(across, inverse));
  if (!wantWeight) {
    engine.dispose(normalized);
    return { input: inputGradient };
  }
  const weighted = spending(engine, [normalized], engine.mul(gradient, normalized));
  return { input: inputGradient, weight: spending(engine, [weighted], engine.sum(weighted, 0)) };
}

/** silu(gate)∘up (Shazeer 2020, SwiGLU without its projections). */
export function swiGlu(engine: Engine, gate: Tensor, up: Tensor): Tensor {
  const sigmoid = engine.sigmoid(gate);
  const silu = spending(engine, [sigmoid], engine.mul(gate, sigmoid));
  return spending(engine, [silu], engine.mul(silu, up));
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
  const bent = engine.mul(silu, sigmoid);
  const rest = spending(engine, [bent], engine.sub(silu, bent));
  const slope = spending(engine, [sigmoid, rest], engine.add(sigmoid, rest));
  const upGradient = spending(engine, [silu], engine.mul(gradient, silu));
  const product = engine.mul(gradient, up);
  return { gate: spending(engine, [product, slope], engine.mul(product, slope)), up: upGradient };
}
