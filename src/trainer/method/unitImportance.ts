import type { UnitDefinition } from '../../shared/method/importance';
import { hasUnit, type ModelUnit } from '../../shared/model/modelUnits';
import type { BatchList } from '../data/sequences/batch';
import type { Model } from '../executor/executor';
import type { Reuse, UnitGroup } from '../executor/requests';
import { yieldToEventLoop, type Task } from '../task';

export interface UnitImportance {
  readonly layer: number;
  readonly name: string;
  readonly importance: number;
  /** Of its groups, where they were asked for: the mean over the parameters of the weight that belong to each. */
  readonly parts?: number[];
}

export interface ImportanceRequest {
  readonly layers: readonly number[];
  readonly definition: UnitDefinition;
  /** Also measure attention heads and groups of MLP neurons. */
  readonly groups?: boolean;
}

/**
 * Importance of every unit of the named layers on the probe. With g_b the gradient of batch b's mean loss:
 * released code, I_U = mean_j(|θ_j| · mean_b |g_bj|); paper, I_U = mean_j(θ_j · mean_b g_bj). Both add up over batches, so
 * no gradient is kept. A unit is a module: its weight and bias together; groups of a unit are rows or columns of its weight
 * alone, since the biases of o_proj and down_proj belong to none. Touches no training state.
 */
export async function unitImportance(
  model: Pick<Model, 'units' | 'unitSums'>,
  batches: BatchList,
  { layers, definition, groups: withGroups = false }: ImportanceRequest,
  task: Task,
  use: Reuse = { reuse: false },
): Promise<UnitImportance[]> {
  const { units } = model;
  const groups = withGroups ? groupsOfUnits(units) : [];
  const sums = new Float64Array(layers.length * units.length);
  const sumsOfGroups = groups.map(({ bounds }) => new Float64Array(layers.length * (bounds.length - 1)));
  let index = 0;
  for (const batch of batches) {
    task.report(index / batches.length, `unit importance, batch ${index + 1} of ${batches.length}`);
    index += 1;
    await yieldToEventLoop(task);
    const measured = await model.unitSums(batch, { layers, definition, groups }, use);
    addTo(sums, measured.sums);
    sumsOfGroups.forEach((own, group) => {
      addTo(own, measured.groups[group] ?? []);
    });
  }
  return layers.flatMap((layer, row) =>
    units.flatMap((unit, column) => {
      if (!hasUnit(unit, layer)) {
        return [];
      }
      const group = groups.findIndex(({ unit: name }) => name === unit.name);
      const parts = unit.groups && meansOf(unit.groups, sumsOfGroups[group], row, batches.length);
      const total = sums[row * units.length + column] ?? 0;
      return {
        layer,
        name: unit.name,
        importance: total / (unit.parameters * batches.length),
        ...(group >= 0 && parts ? { parts } : {}),
      };
    }),
  );
}

function groupsOfUnits(units: readonly ModelUnit[]): UnitGroup[] {
  return units.flatMap(({ name, groups }) =>
    groups ? [{ unit: name, along: groups.along, bounds: groups.bounds }] : [],
  );
}

function addTo(sums: Float64Array, values: ArrayLike<number>): void {
  for (let at = 0; at < sums.length; at++) {
    sums[at] = (sums[at] ?? 0) + (values[at] ?? NaN);
  }
}

/** Of each group of a layer's unit the mean over its parameters and all batches. @param row the layer's */
function meansOf(
  { across, bounds }: ModelUnit['groups'] & object,
  sums: Float64Array | undefined,
  row: number,
  batches: number,
): number[] {
  const count = bounds.length - 1;
  return Array.from({ length: count }, (_, index) => {
    const size = (bounds[index + 1] ?? NaN) - (bounds[index] ?? NaN);
    return (sums?.[row * count + index] ?? NaN) / (size * across * batches);
  });
}
