import type { UnitDefinition } from '../../../shared/method/importance';
import { sum } from '../../../shared/common/sum';
import type { UnitGroup } from '../../executor/requests';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { upcastWeight } from '../model/primitives';

/** Σ |θ·g|, or θ·g, over the rows or columns of a weight that belong to each group. */
export function groupSums(
  engine: Engine,
  weight: Tensor,
  gradient: Tensor,
  { along, bounds }: Pick<UnitGroup, 'along' | 'bounds'>,
  definition: UnitDefinition,
): number[] {
  const values = alongAxis(engine, weight, gradient, along, definition);
  return bounds.slice(1).map((end, index) => sum(values.subarray(bounds[index] ?? 0, end)));
}

/** Σ |θ·g|, or θ·g, over each row or column of a weight. */
function alongAxis(
  engine: Engine,
  weight: Tensor,
  gradient: Tensor,
  along: UnitGroup['along'],
  definition: UnitDefinition,
): Float32Array {
  return engine.tidy(() => {
    const product = engine.mul(upcastWeight(engine, weight), gradient);
    const terms = definition === 'released' ? engine.abs(product) : product;
    return engine.read(engine.sum(terms, along === 'rows' ? 1 : 0));
  });
}
