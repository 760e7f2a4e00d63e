import { seededRandom } from '../../../shared/common/random';

/** Up to so many sequences an epoch's order is a table (4 MB); more have one that is computed position by position. */
const TABLE_SIZE = 2 ** 20;

/**
 * The order in which training sequences come: epoch after epoch without a seam, each shuffled by seed and epoch, or as
 * given. Position follows from the count of sequences seen, so that resuming needs no other state.
 */
export class DataOrder {
  private epoch = -1;
  private indexAt: (within: number) => number = (within) => within;

  /** @param tableSize {@link TABLE_SIZE} but for tests, and for runs of versions that had tables of any size */
  constructor(
    private readonly size: number,
    private readonly order: 'shuffled' | 'given',
    private readonly seed: number,
    private readonly tableSize = TABLE_SIZE,
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
      const mixed = Math.imul(this.seed ^ 0x5bd1e995, 0x9e3779b1) + Math.imul(epoch + 1, 0x85ebca6b);
      this.indexAt = this.size <= this.tableSize ? tableOf(this.size, mixed) : permutation(this.size, mixed);
    }
    return this.indexAt(within);
  }
}

/** Fisher–Yates. */
function tableOf(size: number, seed: number): (within: number) => number {
  const random = seededRandom(seed);
  const indices = Int32Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = indices[last] ?? 0;
    indices[last] = indices[other] ?? 0;
    indices[other] = kept;
  }
  return (within) => indices[within] ?? 0;
}

const ROUNDS = 6;

/**
 * A permutation of 0 … size − 1 that needs no table: a balanced Feistel network over the next power of four (Luby & Rackoff
 * 1988), walked until it comes back below `size` (Black & Rogaway 2002), which takes fewer than four turns in the mean.
 */
function permutation(size: number, seed: number): (within: number) => number {
  const random = seededRandom(seed);
  const keys = Array.from({ length: ROUNDS }, () => Math.floor(random() * 2 ** 32));
  let half = 1;
  while (half * half < size) {
    half *= 2;
  }
  const turn = (value: number): number => {
    let [left, right] = [Math.floor(value / half), value % half];
    for (const key of keys) {
      [left, right] = [right, (left ^ mix(right ^ key)) & (half - 1)];
    }
    return left * half + right;
  };
  return (within) => {
    let value = turn(within);
    while (value >= size) {
      value = turn(value);
    }
    return value;
  };
}

/** The finaliser of MurmurHash3: every bit of the result depends on every bit of the value. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
