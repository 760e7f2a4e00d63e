/** A small seeded generator (mulberry32): the same numbers on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The order in which training sequences come: epoch after epoch without a seam, each shuffled by seed and epoch, or as
 * given. Position follows from the count of sequences seen, so that resuming needs no other state.
 */
export class DataOrder {
  private epoch = -1;
  private permutation: Int32Array = new Int32Array();

  constructor(
    private readonly size: number,
    private readonly order: 'shuffled' | 'given',
    private readonly seed: number,
  ) {}

  /** Indices of the `count` sequences that follow after `seen`. */
  take(seen: number, count: number): number[] {
    return Array.from({ length: count }, (_, offset) => this.at(seen + offset));
  }

  private at(position: number): number {
    const within = position % this.size;
    if (this.order === 'given') {
      return within;
    }
    const epoch = Math.floor(position / this.size);
    if (epoch !== this.epoch) {
      this.epoch = epoch;
      this.permutation = shuffled(this.size, this.seed, epoch);
    }
    return this.permutation[within] ?? 0;
  }
}

/** Fisher–Yates. */
function shuffled(size: number, seed: number, epoch: number): Int32Array {
  const random = seededRandom(Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) + Math.imul(epoch + 1, 0x85ebca6b));
  const indices = Int32Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = indices[last] ?? 0;
    indices[last] = indices[other] ?? 0;
    indices[other] = kept;
  }
  return indices;
}
