import type { UnitDefinition } from '../../../shared/method/importance';
import type { Batch } from '../../data/sequences/batch';
import { targetsOf } from '../../data/sequences/targets';
import type { UnitRequest } from '../../executor/requests';
import type { UnitSums } from '../../executor/results';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { CausalLM, CachedActivations } from '../model/causalLM';
import { lossGradients } from '../model/gradients';
import { dot, upcastWeight } from '../model/primitives';
import type { LayerGradients, LayerTensors, UnitTensors } from '../model/weights';
import { groupSums } from './groupSums';

/** Of every unit of some layers Σ |θ·g|, or θ·g, from one forward and backward pass; no gradient is kept. */
export function unitSums(
  model: CausalLM,
  batch: Batch,
  request: UnitRequest,
  known?: CachedActivations,
): UnitSums {
  const { layers, groups } = request;
  const { units } = model;
  const sums = new Float64Array(layers.length * units.length);
  const sumsOfGroups = groups.map(({ bounds }) => new Float64Array(layers.length * (bounds.length - 1)));
  const lowestLayer = Math.min(...layers);
  const wanted = new Set(layers);
  lossGradients(model, batch, {
    scale: 1 / targetsOf(batch).rows.length,
    lowestLayer,
    input: known?.layer === lowestLayer ? (of) => known.input(of) : undefined,
    wants: (layer) => wanted.has(layer),
    onLayer: (layer, gradients) => {
      const tensors = model.blocks[layer]?.tensors;
      if (tensors === undefined) {
        return;
      }
      const own = sumsOfLayer(model, tensors, gradients, request);
      // A layer may be asked for twice.
      for (const [row, asked] of layers.entries()) {
        if (asked === layer) {
          sums.set(own.units, row * units.length);
          own.groups.forEach((values, index) => sumsOfGroups[index]?.set(values, row * values.length));
        }
      }
    },
  });
  return { sums, groups: sumsOfGroups };
}

function sumsOfLayer(
  { engine, units }: CausalLM,
  tensors: LayerTensors,
  gradients: LayerGradients,
  { definition, groups }: UnitRequest,
): { units: number[]; groups: number[][] } {
  return {
    units: units.map(({ name }) => {
      const [unit, gradient] = [tensors[name], gradients[name]];
      return unit && gradient ? unitSum(engine, unit, gradient, definition) : 0;
    }),
    groups: groups.map((group) => {
      const name = units.find((own) => own.name === group.unit)?.name;
      const [unit, gradient] = name === undefined ? [] : [tensors[name], gradients[name]];
      return unit && gradient ? groupSums(engine, unit.weight, gradient.weight, group, definition) : [];
    }),
  };
}

/** Σ over the unit's parameters of |θ·g|, or of θ·g. */
function unitSum(
  engine: Engine,
  unit: UnitTensors,
  gradient: UnitTensors,
  definition: UnitDefinition,
): number {
  const term = (theta: Tensor, slope: Tensor): number =>
    engine.tidy(() => dot(engine, upcastWeight(engine, theta), slope, definition === 'released'));
  const bias = unit.bias && gradient.bias ? term(unit.bias, gradient.bias) : 0;
  return term(unit.weight, gradient.weight) + bias;
}
