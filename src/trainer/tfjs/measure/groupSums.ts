import type { UnitDefinition } from '../../../shared/method/importance';
import type { UnitName } from '../../../shared/model/architecture';
import { groupsOf, type UnitGroups } from '../../../shared/model/unitGroups';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { CausalLM } from '../model/causalLM';
import { upcastWeight } from '../model/primitives';
import { unitEntries, type LayerGradients, type LayerTensors } from '../model/weights';
import { sum } from '../../../shared/common/sum';

/**
 * Importance of the groups (attention heads, or groups of neurons) of one layer's projections: what unit importance sums over a whole weight, summed over
 * the rows or columns of each group. Biases are left out, since those of o_proj and down_proj belong to no group.
 */
export class GroupSums {
  private readonly sums = new Map<UnitName, number[]>();

  /** @param definition undefined where nothing is to be measured */
  constructor(
    private readonly model: CausalLM,
    private readonly definition: UnitDefinition | undefined,
  ) {}

  /** Adds a batch. */
  add(tensors: LayerTensors, gradients: LayerGradients): void {
    const { definition, model } = this;
    if (definition === undefined) {
      return;
    }
    for (const [name, gradient] of unitEntries(gradients)) {
      const groups = groupsOf(model.config, name);
      const weight = tensors[name]?.weight;
      if (groups !== undefined && weight !== undefined) {
        const products = alongAxis(model.engine, weight, gradient.weight, groups, definition);
        const before = this.sums.get(name);
        const now = groupSums(products, groups);
        this.sums.set(
          name,
          now.map((value, index) => value + (before?.[index] ?? 0)),
        );
      }
    }
  }

  /** Of each group the mean over its parameters and all batches; undefined where nothing was measured. */
  means(name: UnitName, batches: number): number[] | undefined {
    const groups = groupsOf(this.model.config, name);
    const sums = this.sums.get(name);
    const shape = this.model.units.find((unit) => unit.name === name)?.shape ?? [];
    const across = (groups?.along === 'rows' ? shape[1] : shape[0]) ?? 1;
    return sums?.map((value, index) => {
      const size = (groups?.bounds[index + 1] ?? NaN) - (groups?.bounds[index] ?? NaN);
      return value / (size * across * batches);
    });
  }
}

/** Σ |θ·g|, or θ·g, over each row or column of a weight. */
function alongAxis(
  engine: Engine,
  weight: Tensor,
  gradient: Tensor,
  { along }: UnitGroups,
  definition: UnitDefinition,
): Float32Array {
  return engine.tidy(() => {
    const product = engine.mul(upcastWeight(engine, weight), gradient);
    const terms = definition === 'released' ? engine.abs(product) : product;
    return engine.read(engine.sum(terms, along === 'rows' ? 1 : 0));
  });
}

function groupSums(values: Float32Array, { bounds }: UnitGroups): number[] {
  return bounds.slice(1).map((end, index) => sum(values.subarray(bounds[index] ?? 0, end)));
}
