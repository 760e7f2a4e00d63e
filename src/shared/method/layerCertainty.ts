import type { ImportanceFile } from './importance';

/** Confidence of which k layers matter least. */
export type LayerCertainty =
  /** A single sequence was measured. */
  | { readonly kind: 'unknown' }
  /** No resample changes which they are, within the interval. `share`: of the resamples that agree. */
  | { readonly kind: 'sure'; readonly share: number }
  /**
   * These may belong to the k or not, ascending. `more`: how many further sequences would tell; undefined where they differ so
   * little that a multiple of the text would not.
   */
  | {
      readonly kind: 'tied';
      readonly share: number;
      readonly layers: readonly number[];
      readonly more: number | undefined;
    };

/** Sequences are measured in batches of about this size. */
const ROUND_TO = 8;
/** Beyond so many times the text that was measured, nobody waits for an answer. */
const MOST_TIMES = 8;

/**
 * Reads it off the bootstrap. An interval's width falls with the square root of the number of sequences, so n·(w/d)² sequences
 * would separate two layers whose importances differ by d and whose intervals have the half-widths w = √(w₁² + w₂²) together.
 */
export function layerCertainty(importance: ImportanceFile, k: number): LayerCertainty {
  const { trust, probe } = importance;
  const share = trust?.sameLowest[k - 1];
  if (trust === undefined || share === undefined) {
    return { kind: 'unknown' };
  }
  const tied = trust.layers.filter(({ lowestRank, highestRank }) => lowestRank <= k && highestRank > k);
  if (tied.length < 2) {
    return { kind: 'sure', share };
  }
  const values = new Map(importance.layers.map((layer) => [layer.index, layer.importance]));
  const order = [...tied].sort((a, b) => (values.get(a.index) ?? 0) - (values.get(b.index) ?? 0));
  const chosen = new Set(
    [...importance.layers]
      .sort((a, b) => a.importance - b.importance || b.index - a.index)
      .slice(0, k)
      .map(({ index }) => index),
  );
  const last = order.findLast(({ index }) => chosen.has(index));
  const next = order.find(({ index }) => !chosen.has(index));
  const layers = tied.map(({ index }) => index).sort((a, b) => a - b);
  if (last === undefined || next === undefined) {
    return { kind: 'tied', share, layers, more: undefined };
  }
  const difference = (values.get(next.index) ?? NaN) - (values.get(last.index) ?? NaN);
  const width = Math.hypot((last.high - last.low) / 2, (next.high - next.low) / 2);
  const needed = probe.sequences * (width / difference) ** 2;
  const more = Math.max(ROUND_TO, Math.ceil((needed - probe.sequences) / ROUND_TO) * ROUND_TO);
  return {
    kind: 'tied',
    share,
    layers,
    more: Number.isFinite(more) && more <= MOST_TIMES * probe.sequences ? more : undefined,
  };
}
