import { DataOrder } from './order';

export interface MixtureParts {
  readonly domain: readonly Int32Array[];
  /** General text that is trained on as well, so that it is not forgotten. */
  readonly replay: readonly Int32Array[];
  /** Of the training sequences, 0 up to but not 1, those that are replay. */
  readonly replayShare: number;
}

/** n·share of a whole number may come out a little below it; what is this near counts as it. */
const ROUNDING = 1e-9;
/** Keeps the two orders apart, also where both texts have as many sequences. */
const REPLAY_SEED = 0x9e3779b1;

/**
 * Domain text and replay in exact proportions: of any first n training sequences, ⌊n·share⌋ are replay, evenly spread.
 * Which kind comes at a place follows from the share alone, which sequence of the kind from the seed. So the position follows from the
 * count of sequences seen, and resuming needs no other state.
 */
export class Mixture {
  private readonly domainOrder: DataOrder;
  private readonly replayOrder: DataOrder;

  constructor(
    private readonly parts: MixtureParts,
    order: 'shuffled' | 'given',
    seed: number,
  ) {
    this.domainOrder = new DataOrder(parts.domain.length, order, seed);
    this.replayOrder = new DataOrder(parts.replay.length, order, seed ^ REPLAY_SEED);
  }

  /** Every sequence that may come. */
  get sequences(): Int32Array[] {
    const { domain, replay, replayShare } = this.parts;
    return replayShare > 0 ? [...domain, ...replay] : [...domain];
  }

  /** The `count` sequences that follow after `seen`. */
  take(seen: number, count: number): Int32Array[] {
    return Array.from({ length: count }, (_, offset) => this.at(seen + offset)).flat();
  }

  /** How many of the first `count` sequences are replay. */
  replayed(count: number): number {
    return Math.floor(count * this.parts.replayShare + ROUNDING);
  }

  /** Whether any sequence comes more than once among the first `count`. */
  repeats(count: number): boolean {
    const { domain, replay } = this.parts;
    const replayed = this.replayed(count);
    return count - replayed > domain.length || replayed > replay.length;
  }

  private at(position: number): Int32Array[] {
    const { domain, replay } = this.parts;
    const before = this.replayed(position);
    const isReplay = this.replayed(position + 1) > before;
    const [sequences, order, place] = isReplay
      ? [replay, this.replayOrder, before]
      : [domain, this.domainOrder, position - before];
    return order.take(place, 1).flatMap((index) => sequences[index] ?? []);
  }
}
