export interface Sampling {
  /** Logits are divided by it; 0 takes the likeliest token. */
  readonly temperature: number;
  /** Above 0 and up to 1: of the likeliest tokens as many as reach this probability (Holtzman et al. 2020, arXiv 1904.09751). */
  readonly topP: number;
}

/**
 * Draws the next token from logits [V].
 * @param temperature above 0
 * @param random numbers from 0 up to 1
 */
export function sampleToken(
  logits: Float32Array,
  { temperature, topP }: Sampling,
  random: () => number,
): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const candidates = topP < 1 ? nucleus(weights, sum, topP) : undefined;
  const total = candidates?.reduce((among, id) => among + (weights[id] ?? 0), 0) ?? sum;
  let left = random() * total;
  let last = 0;
  for (const id of candidates ?? weights.keys()) {
    const weight = weights[id] ?? 0;
    if (left < weight) {
      return id;
    }
    left -= weight;
    last = weight > 0 ? id : last;
  }
  // Sums are rounded: what is left over is the last token's that there is.
  return last;
}

/** The fewest tokens whose probabilities reach `topP`, the likeliest first and of equals the lowest; at least one. */
function nucleus(weights: Float64Array, sum: number, topP: number): number[] {
  // All tokens below this have less than 1 − topP together, so that none of them is needed.
  const least = ((1 - topP) * sum) / weights.length;
  const ordered = [...weights.keys()]
    .filter((id) => (weights[id] ?? 0) >= least)
    .sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
  let reached = 0;
  const end = ordered.findIndex((id) => {
    reached += weights[id] ?? 0;
    return reached >= topP * sum;
  });
  return ordered.slice(0, end < 0 ? undefined : end + 1);
}
