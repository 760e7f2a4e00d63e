import { FAMILIES } from '../../../shared/model/families';
import type { Rope } from '../../../shared/model/ropeConfig';
import type { Tensor } from '../engine/tensor';
import type { AttentionContext } from './attentionContext';
import { normWeight } from './layerNorm';
import { linear, rmsNorm, rmsNormBackward } from './primitives';
import { fromHalves, toHalves } from './rotaryOrder';
import type { UnitTensors } from './weights';

/** What the norms of queries and keys were given: [n·heads, headDim], or [n, heads·headDim] where one norm spans all heads. */
export interface HeadInputs {
  readonly queries: Tensor;
  readonly keys: Tensor;
}

/**
 * Projection, the norm of queries or keys where the family has it, and the order that their rotation wants:
 * [n, D] → [n, heads·headDim]; `input` is what the norm was given.
 */
export function projectHeads(
  context: AttentionContext,
  rope: Rope | undefined,
  read: Tensor,
  projection: UnitTensors,
  norm: UnitTensors | undefined,
): { heads: Tensor; input?: Tensor } {
  const { engine, config } = context;
  const { queryKeyNorms, normOffset } = FAMILIES[config.family];
  const projected = linear(engine, read, projection);
  if (norm === undefined) {
    return { heads: toHalves(engine, projected, config.headDim, rope) };
  }
  const input = queryKeyNorms === 'head' ? engine.reshape(projected, [-1, config.headDim]) : projected;
  const scaled = rmsNorm(engine, input, normWeight(engine, norm, normOffset), config.rmsNormEps);
  const heads = engine.reshape(scaled, projected.shape);
  return { heads: toHalves(engine, heads, config.headDim, rope), input };
}

/** The reverse of {@link projectHeads} up to the projection, [n, heads·headDim]. */
export function headsBackward(
  context: AttentionContext,
  rope: Rope | undefined,
  gradient: Tensor,
  norm: UnitTensors | undefined,
  headInput: Tensor | undefined,
  wantWeight: boolean,
): { projected: Tensor; norm?: Tensor } {
  const { engine, config } = context;
  const ordered = fromHalves(engine, gradient, config.headDim, rope);
  if (norm === undefined || headInput === undefined) {
    return { projected: ordered };
  }
  const { input, weight } = rmsNormBackward(engine, {
    input: headInput,
    weight: normWeight(engine, norm, FAMILIES[config.family].normOffset),
    epsilon: config.rmsNormEps,
    gradients: [engine.reshape(ordered, headInput.shape)],
    wantWeight,
  });
  const projected = engine.reshape(input, ordered.shape);
  return weight ? { projected, norm: weight } : { projected };
}
