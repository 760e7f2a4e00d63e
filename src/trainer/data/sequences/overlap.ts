import { yieldToEventLoop, type Task } from '../../task';
import { eachOf, sampleOfList, type Sequence, type SequenceList } from './sequences';

/** Tokens in a row that two texts must share to count as the same text: the 13-grams of GPT-3 (arXiv 2005.14165, appendix C). */
export const OVERLAP_TOKENS = 13;
/** Of a text longer than this, sequences from all over it stand for the whole: its runs are held in memory. */
const MOST_TOKENS = 2 ** 20;
/** Tokens of the other text between two moments in which the event loop is served. */
const TOKENS_AT_ONCE = 2 ** 20;
const NONE = -1;

/**
 * Of each text, the share, 0 to 1, of its tokens that lie in runs of {@link OVERLAP_TOKENS} or more that stand in `other` too: of
 * a sequence that `other` has as it is all of them, of one that shares a phrase only those of the phrase. `other`, which may be
 * much larger than memory, is read once.
 */
export async function overlaps(
  texts: readonly SequenceList[],
  other: Iterable<Sequence>,
  task: Task,
): Promise<number[]> {
  const held = texts.map((text) => heldSequences(text));
  const runs = new Runs(held.flat().reduce((sum, { ids }) => sum + ids.length, 0));
  for (const { ids } of held.flat()) {
    runs.hold(ids);
  }
  let waiting = 0;
  for (const { ids } of other) {
    runs.meet(ids);
    waiting += ids.length;
    if (waiting >= TOKENS_AT_ONCE) {
      waiting = 0;
      await yieldToEventLoop(task);
    }
  }
  let begin = 0;
  return held.map((sequences) => {
    const tokens = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
    const met = runs.countMet(begin, begin + tokens);
    begin += tokens;
    return tokens === 0 ? 0 : met / tokens;
  });
}

function heldSequences(text: SequenceList): Sequence[] {
  const first = text.size === 0 ? 0 : text.at(0).ids.length;
  const most = Math.max(1, Math.floor(MOST_TOKENS / Math.max(1, first)));
  return [...eachOf(sampleOfList(text, most, 'spread'))];
}

/** Every run of {@link OVERLAP_TOKENS} tokens of some sequences, and which of their tokens were met elsewhere. */
class Runs {
  private readonly met: Uint8Array;
  /** Hash table, at most half full: the run's key, and the last position where it begins. */
  private readonly keys: Float64Array;
  private readonly heads: Int32Array;
  /** From each position, the one before it at which the same run begins. */
  private readonly before: Int32Array;
  private length = 0;

  constructor(tokens: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, tokens) * 2));
    this.met = new Uint8Array(tokens);
    this.keys = new Float64Array(slots).fill(NaN);
    this.heads = new Int32Array(slots).fill(NONE);
    this.before = new Int32Array(tokens).fill(NONE);
  }

  hold(ids: Int32Array): void {
    for (let begin = 0; begin + OVERLAP_TOKENS <= ids.length; begin++) {
      const key = keyOf(ids, begin);
      const slot = this.slotOf(key);
      this.keys[slot] = key;
      this.before[this.length + begin] = this.heads[slot] ?? NONE;
      this.heads[slot] = this.length + begin;
    }
    this.length += ids.length;
  }

  /** Marks the tokens of every run that these ids hold too. */
  meet(ids: Int32Array): void {
    for (let begin = 0; begin + OVERLAP_TOKENS <= ids.length; begin++) {
      const slot = this.slotOf(keyOf(ids, begin));
      for (
        let position = this.heads[slot] ?? NONE;
        position !== NONE;
        position = this.before[position] ?? NONE
      ) {
        this.met.fill(1, position, position + OVERLAP_TOKENS);
      }
      // Marked once and for all.
      this.heads[slot] = NONE;
    }
  }

  countMet(begin: number, end: number): number {
    return this.met.subarray(begin, end).reduce((sum, mark) => sum + mark, 0);
  }

  /** Where a key is, or would be. */
  private slotOf(key: number): number {
    const mask = this.keys.length - 1;
    let slot = (key % 0x7fffffff) & mask;
    while (!Number.isNaN(this.keys[slot] ?? NaN) && this.keys[slot] !== key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}

/** A number of 53 bits for the run that begins there; of different runs it is practically never the same. */
function keyOf(ids: Int32Array, begin: number): number {
  let [low, high] = [0x811c9dc5, 0x9e3779b9];
  for (let at = begin; at < begin + OVERLAP_TOKENS; at++) {
    const id = ids[at] ?? 0;
    low = Math.imul(low ^ id, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high + id, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return (low >>> 0) * 2 ** 21 + (high >>> 11);
}
