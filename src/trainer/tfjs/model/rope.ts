import type { Rope, RopeScaling } from '../../../shared/model/ropeConfig';

/**
 * Inverse frequencies, [headDim / 2], in float32 as transformers computes them
 * (modeling_rope_utils.py: default, _compute_linear_scaling_rope_parameters, _compute_llama3_parameters).
 */
function inverseFrequencies(rope: Rope, headDim: number): Float32Array {
  const plain = Float32Array.from(
    { length: headDim / 2 },
    (_, i) => 1 / Math.fround(rope.theta ** Math.fround((2 * i) / headDim)),
  );
  const { scaling } = rope;
  switch (scaling.type) {
    case 'default':
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / scaling.factor);
    case 'llama3':
      return plain.map((frequency) => llama3Frequency(frequency, scaling));
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

/**
 * Cosines, and sines signed for the half-swap form y = x∘cos + swap(x)∘sin: the first half of a head carries −sin,
 * the second +sin. Both [T, headDim], row-major, times `scale`.
 */
export function ropeTables(
  rope: Rope,
  headDim: number,
  length: number,
  scale = 1,
): { cosines: Float32Array; signedSines: Float32Array } {
  const frequencies = inverseFrequencies(rope, headDim);
  const half = headDim / 2;
  const cosines = new Float32Array(length * headDim);
  const signedSines = new Float32Array(length * headDim);
  for (let position = 0; position < length; position++) {
    frequencies.forEach((frequency, i) => {
      const angle = Math.fround(position * frequency);
      const at = position * headDim + i;
      cosines[at] = cosines[at + half] = Math.cos(angle) * scale;
      signedSines[at] = -Math.sin(angle) * scale;
      signedSines[at + half] = Math.sin(angle) * scale;
    });
  }
  return { cosines, signedSines };
}
