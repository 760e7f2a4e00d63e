import { FAMILIES, type LayerNorms } from '../../../shared/model/families';
import type { UnitName } from '../../../shared/model/architecture';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { AttentionContext } from './attentionContext';
import { rmsNorm, rmsNormBackward } from './primitives';
import type { LayerGradients, LayerTensors, UnitTensors } from './weights';

/** Where a layer of this model has norms. */
export function normsOf({ config }: AttentionContext): LayerNorms {
  return FAMILIES[config.family].norms;
}

/** What a norm multiplies by: its weight, or 1 more. */
export function normWeight(engine: Engine, { weight }: UnitTensors, offset: 0 | 1): Tensor {
  return offset === 0 ? weight : engine.addScalar(weight, offset);
}

/** The weight of a layer's norm as it multiplies; undefined where the layer has no such norm. */
export function layerNormWeight(
  { engine, config }: AttentionContext,
  tensors: LayerTensors,
  name: UnitName | undefined,
): Tensor | undefined {
  const unit = name === undefined ? undefined : tensors[name];
  return unit && normWeight(engine, unit, FAMILIES[config.family].normOffset);
}

/** What enters a sublayer, [n, D]: its input through the norm before it, or as it is. */
export function normed(
  context: AttentionContext,
  tensors: LayerTensors,
  name: UnitName | undefined,
  input: Tensor,
): Tensor {
  const weight = layerNormWeight(context, tensors, name);
  return weight ? rmsNorm(context.engine, input, weight, context.config.rmsNormEps) : input;
}

/** What a sublayer adds to the residual stream, [n, D]: its output through the norm after it, and scaled. */
export function addition(
  context: AttentionContext,
  tensors: LayerTensors,
  name: UnitName | undefined,
  output: Tensor,
): Tensor {
  const { engine, config } = context;
  const through = normed(context, tensors, name, output);
  return config.residualScale === 1 ? through : engine.scale(through, config.residualScale);
}

/** The reverse of {@link addition}. @param output the sublayer's, where there is a norm after it */
export function additionBackward(
  context: AttentionContext,
  tensors: LayerTensors,
  name: UnitName | undefined,
  output: Tensor | undefined,
  gradient: Tensor,
  wantWeight: boolean,
): { output: Tensor; gradients: Partial<LayerGradients> } {
  const { engine, config } = context;
  const scaled = config.residualScale === 1 ? gradient : engine.scale(gradient, config.residualScale);
  const weight = layerNormWeight(context, tensors, name);
  if (name === undefined || weight === undefined || output === undefined) {
    return { output: scaled, gradients: {} };
  }
  const { rmsNormEps: epsilon } = config;
  const back = rmsNormBackward(engine, { input: output, weight, epsilon, gradients: [scaled], wantWeight });
  return { output: back.input, gradients: back.weight ? { [name]: { weight: back.weight } } : {} };
}

/**
 * Gradient of what enters a sublayer, given those of what its projections read, with the residual's added; and of the norm
 * before it.
 */
export function inputBackward(
  context: AttentionContext,
  tensors: LayerTensors,
  name: UnitName | undefined,
  input: Tensor,
  gradients: readonly Tensor[],
  residual: Tensor,
  wantWeight: boolean,
): { input: Tensor; gradients: Partial<LayerGradients> } {
  const { engine, config } = context;
  const weight = layerNormWeight(context, tensors, name);
  if (name === undefined || weight === undefined) {
    return { input: gradients.reduce((sum, next) => engine.add(sum, next), residual), gradients: {} };
  }
  const { rmsNormEps: epsilon } = config;
  const back = rmsNormBackward(engine, { input, weight, epsilon, gradients, residual, wantWeight });
  return { input: back.input, gradients: back.weight ? { [name]: { weight: back.weight } } : {} };
}
