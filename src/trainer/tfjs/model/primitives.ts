import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { NormGradientRequest } from '../engine/fusedKernels';
import type { UnitTensors } from './weights';

/** A weight as the engine computes with it: what is kept in bfloat16, upcast. */
export function upcastWeight(engine: Engine, weight: Tensor): Tensor {
  if (weight.dtype !== 'int32') {
    return weight;
  }
  if (engine.bfloat16Storage === undefined) {
    throw new Error('Weights in bfloat16 lie on an engine that cannot upcast them.');
  }
  return engine.bfloat16Storage.upcast(weight);
}

/** a·W or, with `transpose`, a·Wᵀ; a weight that was upcast for it is freed. */
function product(engine: Engine, a: Tensor, weight: Tensor, transpose: boolean): Tensor {
  return engine.tidy(() => engine.matMul(a, upcastWeight(engine, weight), { transposeB: transpose }));
}

/** x·Wᵀ, x [n, in], W [out, in]. */
export function project(engine: Engine, input: Tensor, weight: Tensor): Tensor {
  return engine.project?.(input, weight) ?? product(engine, input, weight, true);
}

/** y = x·Wᵀ + b, x [n, in], W [out, in] as checkpoints store it. */
export function linear(engine: Engine, input: Tensor, unit: UnitTensors): Tensor {
  const output = project(engine, input, unit.weight);
  return unit.bias === undefined ? output : engine.add(output, unit.bias);
}

/** ∂L/∂x of {@link linear}: dy·W. */
export function linearInputGradient(engine: Engine, gradient: Tensor, unit: UnitTensors): Tensor {
  return product(engine, gradient, unit.weight, false);
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
function normalize(engine: Engine, input: Tensor, epsilon: number): { normalized: Tensor; inverse: Tensor } {
  const inverse = engine.rsqrt(engine.addScalar(engine.mean(engine.square(input), -1, true), epsilon));
  return { normalized: engine.mul(input, inverse), inverse };
}

/** RMS norm (Zhang & Sennrich 2019): x/√(mean(x²)+ε)∘g over the last axis. */
export function rmsNorm(engine: Engine, input: Tensor, weight: Tensor, epsilon: number): Tensor {
  if (engine.fused) {
    return engine.fused.rmsNorm(input, weight, epsilon);
  }
  return engine.mul(normalize(engine, input, epsilon).normalized, weight);
}

/** input + delta, as residual streams are added to, and the norm of the sum. */
export function addRmsNorm(
  engine: Engine,
  input: Tensor,
  delta: Tensor,
  weight: Tensor,
  epsilon: number,
): { sum: Tensor; normed: Tensor } {
  if (engine.fused) {
    return engine.fused.addRmsNorm(input, delta, weight, epsilon);
  }
  const sum = engine.add(input, delta);
  return { sum, normed: rmsNorm(engine, sum, weight, epsilon) };
}

/** a + b, of one shape. */
export function residual(engine: Engine, a: Tensor, b: Tensor): Tensor {
  return engine.fused ? engine.fused.add(a, b) : engine.add(a, b);
}

/**
 * Gradients of {@link rmsNorm}: with x̂ = x·r and u = dy∘g, dx = r·(u − x̂·mean(u∘x̂)) and dg = Σ dy∘x̂. dx has the
 * residual added; dg is computed only when asked for.
 */
export function rmsNormBackward(
  engine: Engine,
  request: NormGradientRequest,
): { input: Tensor; weight?: Tensor | undefined } {
  if (engine.fused) {
    return engine.fused.rmsNormGradient(request);
  }
  const { input, weight, epsilon, gradients, residual: around, wantWeight } = request;
  const gradient = gradients.reduce((sum, next) => engine.add(sum, next));
  const { normalized, inverse } = normalize(engine, input, epsilon);
  const scaled = engine.mul(gradient, weight);
  const projection = engine.mean(engine.mul(scaled, normalized), -1, true);
  const through = engine.mul(engine.sub(scaled, engine.mul(normalized, projection)), inverse);
  const inputGradient = around === undefined ? through : engine.add(around, through);
  return wantWeight
    ? { input: inputGradient, weight: engine.sum(engine.mul(gradient, normalized), 0) }
    : { input: inputGradient };
}

/** silu(gate)∘up (Shazeer 2020, SwiGLU without its projections). */
export function swiGlu(engine: Engine, gate: Tensor, up: Tensor): Tensor {
  if (engine.fused) {
    return engine.fused.swiGlu(gate, up);
  }
  return engine.mul(engine.mul(gate, engine.sigmoid(gate)), up);
}

/**
 * Gradients of {@link swiGlu}: with s = σ(gate), dup = d∘gate∘s and dgate = d∘up∘(s + gate∘s∘(1 − s)); and its value
 * again where the gradients of the next projection want it.
 */
export function swiGluBackward(
  engine: Engine,
  gradient: Tensor,
  gate: Tensor,
  up: Tensor,
  wantProduct: boolean,
): { gate: Tensor; up: Tensor; product?: Tensor | undefined } {
  if (engine.fused) {
    return engine.fused.swiGluGradient(gradient, gate, up, wantProduct);
  }
  return engine.tidy(() => {
    const sigmoid = engine.sigmoid(gate);
    const silu = engine.mul(gate, sigmoid);
    const slope = engine.add(sigmoid, engine.sub(silu, engine.mul(silu, sigmoid)));
    const gradients = { gate: engine.mul(engine.mul(gradient, up), slope), up: engine.mul(gradient, silu) };
    return wantProduct ? { ...gradients, product: engine.mul(silu, up) } : gradients;
  });
}

/** Σ a∘b over everything, or Σ |a∘b|. */
export function dot(engine: Engine, a: Tensor, b: Tensor, absolute = false): number {
  return engine.tidy(() => {
    if (engine.fused) {
      return onlyValue(engine, engine.fused.dot(a, b, absolute));
    }
    const product = engine.mul(a, b);
    return onlyValue(engine, engine.sum(absolute ? engine.abs(product) : product));
  });
}

function onlyValue(engine: Engine, scalar: Tensor): number {
  const [value = NaN] = engine.read(scalar);
  return value;
}
