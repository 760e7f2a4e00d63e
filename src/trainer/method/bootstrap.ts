import type { ConfidenceIntervals } from '../../shared/method/importance';
import { contrastOrder, lowestOf } from '../../shared/method/layerChoice';
import { seededRandom } from '../../shared/common/random';

/** What each sequence of a probe contributed to the importance of every layer. */
export interface SequenceContributions {
  /** [sequences] what counts in each: targets of `exact`, positions of `fast`. */
  readonly weights: readonly number[];
  /** [layers][sequences] summed over what counts: the rise in loss, or the relative change. */
  readonly sums: readonly (readonly number[])[];
}

const INTERVAL = 0.95;
const RESAMPLES = 1000;
const SEED = 0;

/** Mean over all sequences, by layer. */
export function meanShares({ weights, sums }: SequenceContributions): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return sums.map((layer) => layer.reduce((sum, value) => sum + value, 0) / total);
}

/**
 * How far an importance and the order of the layers hang on which text was measured: percentile bootstrap (Efron 1979)
 * over the sequences of the probe. Undefined for a probe of a single sequence, which says nothing about another.
 */
export function bootstrap(shares: SequenceContributions): ConfidenceIntervals | undefined {
  const sequences = shares.weights.length;
  if (sequences < 2) {
    return undefined;
  }
  const measured = meanShares(shares);
  const layers = measured.length;
  const sameSet = new Array<number>(layers).fill(0);
  const values: number[][] = measured.map(() => []);
  const ranks: number[][] = measured.map(() => []);
  const random = seededRandom(SEED);
  const base = lowestOf(measured, layers);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const drawn = Array.from({ length: sequences }, () => Math.floor(random() * sequences));
    const means = meanOf(shares, drawn);
    const order = lowestOf(means, layers);
    for (const [layer, value] of means.entries()) {
      values[layer]?.push(value);
    }
    for (const [position, layer] of order.entries()) {
      ranks[layer]?.push(position + 1);
    }
    countSameSets(base, order, sameSet);
  }
  return {
    interval: INTERVAL,
    resamples: RESAMPLES,
    layers: measured.map((_, index) => {
      const [low, high] = bounds(values[index] ?? []);
      const [lowestRank, highestRank] = bounds(ranks[index] ?? []);
      return { index, low, high, lowestRank, highestRank };
    }),
    sameLowest: sameSet.map((count) => count / RESAMPLES),
  };
}

/**
 * Of k = 1, 2, …: the share of resamples of both texts whose k layers of most contrast are the measured ones. Undefined where
 * either is a single sequence.
 */
export function contrastStability(
  general: SequenceContributions,
  domain: SequenceContributions,
): number[] | undefined {
  const [onGeneral, onDomain] = [general.weights.length, domain.weights.length];
  if (onGeneral < 2 || onDomain < 2) {
    return undefined;
  }
  const base = contrastOrder(meanShares(general), meanShares(domain));
  const sameSet = new Array<number>(base.length).fill(0);
  const random = seededRandom(SEED);
  const draw = (sequences: number): number[] =>
    Array.from({ length: sequences }, () => Math.floor(random() * sequences));
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const order = contrastOrder(meanOf(general, draw(onGeneral)), meanOf(domain, draw(onDomain)));
    countSameSets(base, order, sameSet);
  }
  return sameSet.map((count) => count / RESAMPLES);
}

function meanOf({ weights, sums }: SequenceContributions, drawn: readonly number[]): number[] {
  const total = drawn.reduce((sum, sequence) => sum + (weights[sequence] ?? 0), 0);
  return sums.map((layer) => drawn.reduce((sum, sequence) => sum + (layer[sequence] ?? 0), 0) / total);
}

/** Counts for every k whether the k first of two orders are the same layers. */
function countSameSets(a: readonly number[], b: readonly number[], counts: number[]): void {
  const open = new Set<number>();
  for (const [position, layer] of a.entries()) {
    for (const one of [layer, b[position] ?? -1]) {
      if (!open.delete(one)) {
        open.add(one);
      }
    }
    if (open.size === 0) {
      counts[position] = (counts[position] ?? 0) + 1;
    }
  }
}

/** The quantiles that leave half of what lies outside the interval on either side. */
function bounds(values: readonly number[]): [number, number] {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return [at((1 - INTERVAL) / 2), at((1 + INTERVAL) / 2)];
}

/** Says when the layers that are chosen have been the same over so many sequences that more would not change them. */
export class EarlyStopping {
  private chosen = '';
  private since = 0;

  constructor(
    /** By the layers' importance on the sequences so far. */
    private readonly choose: (importance: readonly number[]) => readonly number[],
    private readonly sequences: number,
  ) {}

  /** To be asked again and again as sequences are added. */
  settled(shares: SequenceContributions): boolean {
    const now = [...this.choose(meanShares(shares))].sort((a, b) => a - b).join();
    if (now !== this.chosen) {
      this.chosen = now;
      // The set was not that of the sequences before: it begins to be counted now.
      this.since = shares.weights.length;
      return false;
    }
    return shares.weights.length - this.since >= this.sequences;
  }
}
