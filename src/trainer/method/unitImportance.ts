import type { UnitDefinition } from '../../shared/method/importance';
import type { BatchList } from '../data/sequences/batch';
import type { Engine } from '../tfjs/engine/engine';
import type { Tensor } from '../tfjs/engine/tensor';
import { unitsOf, type UnitName } from '../../shared/model/architecture';
import type { CausalLM, CachedActivations } from '../tfjs/model/causalLM';
import { lossGradients } from '../tfjs/model/gradients';
import { targetsOf } from '../data/sequences/targets';
import { dot, upcastWeight } from '../tfjs/model/primitives';
import { unitEntries, type LayerGradients, type LayerTensors, type UnitTensors } from '../tfjs/model/weights';
import { yieldToEventLoop, type Task } from '../task';
import { GroupSums } from '../tfjs/measure/groupSums';

export interface UnitImportance {
  readonly layer: number;
  readonly name: UnitName;
  readonly importance: number;
  /** Of its groups, where they were asked for: the mean over the parameters of the weight that belong to each. */
  readonly parts?: number[];
}

export interface UnitRequest {
  readonly layers: readonly number[];
  readonly definition: UnitDefinition;
  /** Also measure attention heads and groups of MLP neurons. */
  readonly groups?: boolean;
}

/**
 * Importance of every unit of the named layers on the probe. With g_b the gradient of batch b's mean loss:
 * released code, I_U = mean_j(|θ_j| · mean_b |g_bj|); paper, I_U = mean_j(θ_j · mean_b g_bj). Both add up over batches, so
 * no gradient is kept. A unit is a module: its weight and bias together. Touches no training state.
 */
export async function unitImportance(
  model: CausalLM,
  batches: BatchList,
  { layers, definition, groups = false }: UnitRequest,
  task: Task,
  known?: CachedActivations,
): Promise<UnitImportance[]> {
  const wanted = new Set(layers);
  const lowestLayer = Math.min(...layers);
  const sums = new Map(layers.map((layer) => [layer, new Map<UnitName, number>()]));
  const groupSums = new Map(
    layers.map((layer) => [layer, new GroupSums(model, groups ? definition : undefined)]),
  );
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `unit importance, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await yieldToEventLoop(task);
    lossGradients(model, batch, {
      scale: 1 / targetsOf(batch).rows.length,
      lowestLayer,
      input: known?.layer === lowestLayer ? (wantedBatch) => known.input(wantedBatch) : undefined,
      wants: (layer) => wanted.has(layer),
      onLayer: (layer, gradients) => {
        const block = model.blocks[layer];
        const units = sums.get(layer);
        if (block && units) {
          addLayer(model.engine, units, block.tensors, gradients, definition);
          groupSums.get(layer)?.add(block.tensors, gradients);
        }
      },
    });
  }
  const sizes = new Map(unitsOf(model.config).map((unit) => [unit.name, sizeOf(unit)]));
  return layers.flatMap((layer) =>
    [...sizes].map(([name, size]) => {
      const groupMeans = groupSums.get(layer)?.means(name, batches.length);
      return {
        layer,
        name,
        importance: (sums.get(layer)?.get(name) ?? 0) / (size * batches.length),
        ...(groupMeans ? { parts: groupMeans } : {}),
      };
    }),
  );
}

function sizeOf(unit: { shape: readonly number[]; bias: boolean }): number {
  const weight = unit.shape.reduce((a, b) => a * b, 1);
  return unit.bias ? weight + (unit.shape[0] ?? 0) : weight;
}

function addLayer(
  engine: Engine,
  units: Map<UnitName, number>,
  tensors: LayerTensors,
  gradients: LayerGradients,
  definition: UnitDefinition,
): void {
  for (const [name, gradient] of unitEntries(gradients)) {
    const unit = tensors[name];
    if (unit !== undefined) {
      units.set(name, (units.get(name) ?? 0) + unitSum(engine, unit, gradient, definition));
    }
  }
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
