import type { TrainedTensor } from '../../executor/results';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import {
  layerTensorName,
  outerTensors,
  tensorsOfUnit,
  unitsOf,
  type Part,
  type TensorNames,
  type UnitName,
} from '../../../shared/model/architecture';
import type { CausalLM } from '../model/causalLM';
import type { OuterGradients } from '../model/gradients';
import type { LayerGradients, UnitTensors } from '../model/weights';

/** A trainable tensor, and where the model holds it. */
export interface Parameter extends TrainedTensor {
  readonly part: Part;
  readonly slot: UnitTensors;
}

/** The parameters of the named layers, one after the other in the order of the architecture table. */
export function layerParameters(model: CausalLM, layers: readonly number[]): Parameter[] {
  const specs = unitsOf(model.config).flatMap(tensorsOfUnit);
  return layers.flatMap((layer) =>
    specs.map(({ unit, part, shape }): Parameter => {
      const slot = model.blocks[layer]?.tensors[unit];
      if (slot === undefined) {
        throw new Error(`Layer ${layer} has no ${unit}.`);
      }
      const name = layerTensorName(model.config.names, layer, unit, part);
      return { name, unit: { layer, name: unit }, part, shape, slot, decays: shape.length > 1 };
    }),
  );
}

/** Every parameter of the model; tied embeddings are one. */
export function allParameters(model: CausalLM): Parameter[] {
  const { config, head } = model;
  const outer = (name: string, slot: UnitTensors, shape: readonly number[]): Parameter => ({
    name,
    unit: undefined,
    part: 'weight',
    shape,
    slot,
    decays: shape.length > 1,
  });
  const embedding = [config.vocabSize, config.hiddenSize];
  const names = outerTensors(config.names);
  return [
    outer(names.embedding, model.embedding, embedding),
    ...layerParameters(model, [...model.blocks.keys()]),
    outer(names.norm, head.norm, [config.hiddenSize]),
    ...(config.tieWordEmbeddings ? [] : [outer(names.head, head.projection, embedding)]),
  ];
}

/** The tensor that a parameter is now. */
export function tensorOf(parameter: Parameter): Tensor {
  const tensor = parameter.slot[parameter.part];
  if (tensor === undefined) {
    throw new Error(`${parameter.name} has no tensor.`);
  }
  return tensor;
}

/** Puts new values in a parameter's place. */
export function setValues(engine: Engine, parameter: Parameter, values: Float32Array): void {
  engine.dispose(parameter.slot[parameter.part]);
  parameter.slot[parameter.part] = engine.keep(engine.tensor(values, parameter.shape));
}

/** Gradients by checkpoint name. */
export function* namedGradients(
  names: TensorNames,
  layer: number,
  gradients: LayerGradients,
): Generator<[string, Tensor]> {
  for (const [unit, tensors] of Object.entries(gradients) as [UnitName, UnitTensors][]) {
    yield [layerTensorName(names, layer, unit, 'weight'), tensors.weight];
    if (tensors.bias) {
      yield [layerTensorName(names, layer, unit, 'bias'), tensors.bias];
    }
  }
}

export function* namedOuterGradients(
  tensorNames: TensorNames,
  gradients: OuterGradients,
): Generator<[string, Tensor]> {
  const names = outerTensors(tensorNames);
  yield [names.embedding, gradients.embedding];
  yield [names.norm, gradients.norm];
  if (gradients.projection) {
    yield [names.head, gradients.projection];
  }
}
