import type { Rope, RopeScaling } from '../../../shared/model/ropeConfig';

/** Frequencies per pair of a head's numbers, and what cosines and sines are multiplied by. */
interface Rotation {
  /** [rotaryDim / 2] */
  readonly frequencies: Float32Array;
  readonly attentionFactor: number;
}

/**
 * Inverse frequencies, [rotaryDim / 2], in float32 as transformers computes them (modeling_rope_utils.py,
 * `_compute_<type>_parameters`).
 * @param length positions of the longest document, which `dynamic` and `longrope` go by
 */
function rotationOf({ theta, scaling, rotaryDim }: Rope, length: number): Rotation {
  const plain = (base = theta, factors?: readonly number[]): Float32Array =>
    Float32Array.from(
      { length: rotaryDim / 2 },
      (_, i) => 1 / Math.fround((factors?.[i] ?? 1) * Math.fround(base ** Math.fround((2 * i) / rotaryDim))),
    );
  switch (scaling.type) {
    case 'default':
      return { frequencies: plain(), attentionFactor: 1 };
    case 'linear':
      return { frequencies: plain().map((frequency) => frequency / scaling.factor), attentionFactor: 1 };
    case 'llama3':
      return {
        frequencies: plain().map((frequency) => llama3Frequency(frequency, scaling)),
        attentionFactor: 1,
      };
    case 'dynamic':
      return { frequencies: plain(dynamicBase(theta, scaling, rotaryDim, length)), attentionFactor: 1 };
    case 'yarn':
      return {
        frequencies: yarnFrequencies(theta, scaling, rotaryDim),
        attentionFactor: scaling.attentionFactor,
      };
    case 'longrope': {
      const { shortFactor, longFactor, originalMaxPositionEmbeddings, attentionFactor } = scaling;
      const factors = length > originalMaxPositionEmbeddings ? longFactor : shortFactor;
      return { frequencies: plain(theta, factors), attentionFactor };
    }
    case 'proportional': {
      const rotated = Math.trunc((scaling.share * rotaryDim) / 2);
      const frequencies = plain().map((frequency, i) => (i < rotated ? frequency / scaling.factor : 0));
      return { frequencies, attentionFactor: 1 };
    }
  }
}

/** Long wavelengths are slowed by `factor`, short ones kept, those between interpolated. */
function llama3Frequency(frequency: number, scaling: RopeScaling & { type: 'llama3' }): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: context } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < context / highFreqFactor) {
    return frequency;
  }
  if (wavelength > context / lowFreqFactor) {
    return frequency / factor;
  }
  const smooth = (context / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** "Dynamic NTK": the base grows with sequences longer than the original ones. */
function dynamicBase(
  theta: number,
  { factor, originalMaxPositionEmbeddings: original }: RopeScaling & { type: 'dynamic' },
  rotaryDim: number,
  length: number,
): number {
  const stretch = (factor * Math.max(length, original)) / original - (factor - 1);
  return Math.fround(theta * stretch ** (rotaryDim / (rotaryDim - 2)));
}

/** YaRN (arXiv 2309.00071, section 3.2): high frequencies are kept, low ones interpolated, with a ramp between. */
function yarnFrequencies(
  theta: number,
  scaling: RopeScaling & { type: 'yarn' },
  rotaryDim: number,
): Float32Array {
  const { factor, betaFast, betaSlow, truncate, originalMaxPositionEmbeddings: original } = scaling;
  const dimensionOf = (rotations: number): number =>
    (rotaryDim * Math.log(original / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  const [fast, slow] = [dimensionOf(betaFast), dimensionOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const high = Math.min(truncate ? Math.ceil(slow) : slow, rotaryDim - 1);
  // As there: no singularity.
  const width = (low === high ? high + 0.001 : high) - low;
  return Float32Array.from({ length: rotaryDim / 2 }, (_, i) => {
    const wavelength = Math.fround(theta ** Math.fround((2 * i) / rotaryDim));
    const interpolated = Math.fround(Math.min(1, Math.max(0, (i - low) / width)));
    return interpolated / (factor * wavelength) + (1 - interpolated) / wavelength;
  });
}

/** What cosines and sines of queries are multiplied by at a position (transformers' `get_llama_4_attn_scale`). */
function queryFactor({ queryScaling }: Rope, position: number): number {
  return queryScaling ? 1 + queryScaling.beta * Math.log(1 + Math.floor(position / queryScaling.length)) : 1;
}

export interface RopeRequest {
  readonly headDim: number;
  /** [n] */
  readonly positions: ArrayLike<number>;
  /** Positions of the longest document. */
  readonly longest: number;
  /** What attention's scores are multiplied by, for the table of queries. */
  readonly queryScale?: number;
}

/**
 * Cosines, and sines signed for the half-swap form y = x∘cos + swap(x)∘sin: the first half of a head carries −sin,
 * the second +sin. Both [n, headDim], row-major. Pairs that are not rotated, and all of a layer without rotation, have
 * cosine 1 and sine 0; rotaryOrder.ts brings heads into this order.
 */
export function ropeTables(
  rope: Rope | undefined,
  { headDim, positions, longest, queryScale }: RopeRequest,
): { cosines: Float32Array; signedSines: Float32Array } {
  const { frequencies, attentionFactor } = rope
    ? rotationOf(rope, longest)
    : { frequencies: new Float32Array(), attentionFactor: 1 };
  const half = headDim / 2;
  const cosines = new Float32Array(positions.length * headDim);
  const signedSines = new Float32Array(positions.length * headDim);
  for (const [index, position] of Array.from(positions).entries()) {
    const scale = queryScale === undefined ? 1 : queryScale * (rope ? queryFactor(rope, position) : 1);
    const row = index * headDim;
    cosines.fill(scale, row, row + headDim);
    frequencies.forEach((frequency, i) => {
      const factor = scale * attentionFactor;
      const angle = Math.fround(position * frequency);
      const at = row + i;
      cosines[at] = cosines[at + half] = Math.cos(angle) * factor;
      signedSines[at] = -Math.sin(angle) * factor;
      signedSines[at + half] = Math.sin(angle) * factor;
    });
  }
  return { cosines, signedSines };
}
