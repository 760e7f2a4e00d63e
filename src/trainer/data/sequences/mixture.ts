import { DataOrder } from './order';
import { eachOf, type Sequence, type SequenceList } from './sequences';

/** General text that is trained on as well, so that it is not forgotten. */
export interface ReplayText {
  readonly sequences: SequenceList;
  /** Its part of the replay is this, divided by the sum of all weights; above 0. */
  readonly weight: number;
}

export interface MixtureParts {
  readonly domain: SequenceList;
  readonly replay: readonly ReplayText[];
  /** Of the training sequences, 0 up to but not 1, those that are replay. */
  readonly replayShare: number;
}

/** n·share of a whole number may come out a little below it; what is this near counts as it. */
const ROUNDING = 1e-9;
/** Keeps the orders of the texts apart, also where two have as many sequences. */
const TEXT_SEED = 0x9e3779b1;

/** A text, and its share of what the texts before it leave. */
interface MixedText {
  readonly sequences: SequenceList;
  readonly order: DataOrder;
  readonly share: number;
}

/**
 * Domain text and replay in exact proportions: of any first n training sequences, ⌊n·share⌋ are replay, evenly spread; and so on
 * within the replay, one text after the other: of what those before it leave, it has ⌊n·share⌋.
 * Which text comes at a position follows from the shares alone, which sequence of it from the seed. So the position follows from the
 * count of sequences seen, and resuming needs no other state.
 */
export class Mixture {
  /** Those of the replay, the last of which takes all that is left of it. */
  private readonly replay: readonly MixedText[];
  private readonly domain: MixedText;

  constructor(
    private readonly parts: MixtureParts,
    order: 'shuffled' | 'given',
    seed: number,
    /** As {@link DataOrder} has it. */
    tableSize?: number,
  ) {
    const text = (sequences: SequenceList, number: number, share: number): MixedText => ({
      sequences,
      order: new DataOrder(sequences.size, order, seed ^ Math.imul(TEXT_SEED, number), tableSize),
      share,
    });
    this.domain = text(parts.domain, 0, 1);
    this.replay = parts.replay.map(({ sequences, weight }, index) => {
      const left = parts.replay.slice(index).reduce((sum, other) => sum + other.weight, 0);
      return text(sequences, index + 1, weight / left);
    });
  }

  /** The sequences that come among the first `count`, each once where that is all of them, otherwise as they come. */
  *upTo(count: number): Generator<Sequence> {
    const { domain, replay, replayShare } = this.parts;
    const texts = replayShare > 0 ? [domain, ...replay.map(({ sequences }) => sequences)] : [domain];
    if (count < texts.reduce((sum, { size }) => sum + size, 0)) {
      for (let position = 0; position < count; position++) {
        yield this.at(position);
      }
      return;
    }
    for (const text of texts) {
      yield* eachOf(text);
    }
  }

  /** The `count` sequences that follow after `seen`. */
  take(seen: number, count: number): Sequence[] {
    return Array.from({ length: count }, (_, offset) => this.at(seen + offset));
  }

  /** How many of the first `count` sequences are replay. */
  replayed(count: number): number {
    return wholeShare(count, this.parts.replayShare);
  }

  /** Whether any sequence comes more than once among the first `count`. */
  repeats(count: number): boolean {
    let left = this.replayed(count);
    const isOver = ({ sequences, share }: MixedText): boolean => {
      const taken = wholeShare(left, share);
      left -= taken;
      return taken > sequences.size;
    };
    return count - left > this.domain.sequences.size || this.replay.some(isOver);
  }

  private at(position: number): Sequence {
    const before = this.replayed(position);
    if (this.replayed(position + 1) === before) {
      return nth(this.domain, position - before);
    }
    let index = before;
    for (const text of this.replay) {
      const taken = wholeShare(index, text.share);
      if (wholeShare(index + 1, text.share) > taken) {
        return nth(text, taken);
      }
      index -= taken;
    }
    throw new Error('The last text takes all that is left.');
  }
}

function nth({ sequences, order }: MixedText, position: number): Sequence {
  const [index = 0] = order.take(position, 1);
  return sequences.at(index);
}

function wholeShare(count: number, share: number): number {
  return Math.floor(count * share + ROUNDING);
}
