import type { Rope } from '../../../shared/model/ropeConfig';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';

/** Of a head's numbers so many in a row, from `begin`, `step` apart. */
interface Run {
  readonly begin: number;
  readonly count: number;
  readonly step: 1 | 2;
}

/**
 * Brings the numbers of every head into the order of the half-swap form, in which a pair lie half a head apart: the first of
 * each pair that is rotated, half of those that are not, then the second ones and the other half. Scores do not change, since
 * queries and keys are ordered alike.
 * @param heads [n, heads·headDim]
 */
export function toHalves(engine: Engine, heads: Tensor, headDim: number, rope: Rope | undefined): Tensor {
  if (rope === undefined || isInHalves(rope, headDim)) {
    return heads;
  }
  return engine.tidy(() => {
    const rows = engine.reshape(heads, [-1, headDim]);
    const parts = runsOf(rope, headDim).map((run) => readRun(engine, rows, run));
    return engine.reshape(engine.concat(parts, 1), heads.shape);
  });
}

/** The reverse of {@link toHalves}, for gradients. */
export function fromHalves(engine: Engine, heads: Tensor, headDim: number, rope: Rope | undefined): Tensor {
  if (rope === undefined || isInHalves(rope, headDim)) {
    return heads;
  }
  return engine.tidy(() => {
    const rows = engine.reshape(heads, [-1, headDim]);
    const [n = 0] = rows.shape;
    const { rotaryDim, interleaved } = rope;
    const pairs = rotaryDim / 2;
    const half = headDim / 2;
    const part = (begin: number, count: number): Tensor => engine.slice(rows, [0, begin], [n, count]);
    const [first, second] = [part(0, pairs), part(half, pairs)];
    const column = [n, pairs, 1];
    const rotated = interleaved
      ? [
          engine.reshape(engine.concat([engine.reshape(first, column), engine.reshape(second, column)], 2), [
            n,
            rotaryDim,
          ]),
        ]
      : [first, second];
    const others = pairs < half ? [part(pairs, half - pairs), part(half + pairs, half - pairs)] : [];
    return engine.reshape(engine.concat([...rotated, ...others], 1), heads.shape);
  });
}

/** Whether a head's numbers lie in the half-swap form already. */
export function isInHalves({ rotaryDim, interleaved }: Rope, headDim: number): boolean {
  return rotaryDim === headDim && !interleaved;
}

function runsOf({ rotaryDim, interleaved }: Rope, headDim: number): Run[] {
  const pairs = rotaryDim / 2;
  const others = (headDim - rotaryDim) / 2;
  const rotated = (second: 0 | 1): Run =>
    interleaved ? { begin: second, count: pairs, step: 2 } : { begin: second * pairs, count: pairs, step: 1 };
  const still = (second: 0 | 1): Run[] =>
    others === 0 ? [] : [{ begin: rotaryDim + second * others, count: others, step: 1 }];
  return [rotated(0), ...still(0), rotated(1), ...still(1)];
}

/** @param rows [n, headDim] @returns [n, count] */
function readRun(engine: Engine, rows: Tensor, { begin, count, step }: Run): Tensor {
  const [n = 0] = rows.shape;
  if (step === 1) {
    return engine.slice(rows, [0, begin], [n, count]);
  }
  const pairs = engine.reshape(engine.slice(rows, [0, 0], [n, 2 * count]), [n, count, 2]);
  return engine.reshape(engine.slice(pairs, [0, 0, begin], [n, count, 1]), [n, count]);
}
