import type { Tensor } from '../engine/tensor';
import type { UnitName } from '../../../shared/model/architecture';

/** The tensors of one unit: a projection's weight [out, in] and bias [out], or a norm's weight [size]. */
export interface UnitTensors {
  weight: Tensor;
  bias?: Tensor;
}

/** The tensors of one decoder layer by unit; which norms it has depends on the family. */
export type LayerTensors = Record<Projection, UnitTensors> &
  Partial<Record<Exclude<UnitName, Projection>, UnitTensors>>;
type Projection = Extract<UnitName, `${string}_proj`>;

/** Gradients of one layer, in the shape of its weights. */
export type LayerGradients = LayerTensors;

/** Every tensor of a layer, with its unit. */
export function* eachTensor(
  layer: LayerTensors,
): Generator<{ unit: UnitName; part: 'weight' | 'bias'; tensor: Tensor }> {
  for (const [unit, tensors] of unitEntries(layer)) {
    yield { unit, part: 'weight', tensor: tensors.weight };
    if (tensors.bias !== undefined) {
      yield { unit, part: 'bias', tensor: tensors.bias };
    }
  }
}

/** The units of a layer with their tensors. */
function unitEntries(layer: LayerTensors): [UnitName, UnitTensors][] {
  return Object.entries(layer) as [UnitName, UnitTensors][];
}
