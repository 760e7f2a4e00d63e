import { sum } from '../../../shared/common/sum';
import type { Batch } from '../../data/sequences/batch';
import { targetsOf } from '../../data/sequences/targets';
import type { LayerChanges } from '../../executor/results';
import type { Tensor } from '../engine/tensor';
import { blockForward } from '../model/block';
import type { CausalLM } from '../model/causalLM';
import { headLosses } from '../model/head';

/** How much every layer changes its input, and the losses, from one forward pass. */
export function layerChanges(model: CausalLM, batch: Batch): LayerChanges {
  const { engine } = model;
  const context = model.context(batch);
  const sums = new Float64Array(model.blocks.length * batch.batch);
  const losses = engine.tidy(() => {
    let current = model.embed(batch);
    for (const [layer, block] of model.blocks.entries()) {
      const next = blockForward(context, block, current);
      const changes = engine.tidy(() => engine.read(relativeChanges(model, current, next)));
      sums.set(sequenceSums(batch, changes), layer * batch.batch);
      engine.dispose(current);
      current = next;
    }
    return headLosses(engine, model.head, current, targetsOf(batch));
  });
  return { losses, sums };
}

/** Of every sequence, the sum over its tokens; padding counts for nothing. @param values of every row of [B·T] */
function sequenceSums(batch: Batch, values: ArrayLike<number>): number[] {
  return Array.from(batch.lengths, (length, sequence) =>
    sum(Array.from({ length }, (_, position) => values[sequence * batch.length + position] ?? NaN)),
  );
}

/** ‖next − current‖ / ‖current‖ of every row of two [n, D] tensors, shape [n]. */
function relativeChanges({ engine }: CausalLM, current: Tensor, next: Tensor): Tensor {
  const change = engine.sum(engine.square(engine.sub(next, current)), 1);
  const size = engine.sum(engine.square(current), 1);
  return engine.mul(engine.sqrt(change), engine.rsqrt(engine.addScalar(size, 1e-30)));
}
