/** Tokens in a row that two texts must share to count as the same text: the 13-grams of GPT-3 (arXiv 2005.14165, appendix C). */
export const OVERLAP_TOKENS = 13;

/** Where a run of tokens begins. */
interface Place {
  readonly sequence: Int32Array;
  readonly begin: number;
}

/**
 * Of each text, the share, 0 to 1, of its tokens that lie in runs of {@link OVERLAP_TOKENS} or more that stand in `other` too: of
 * a sequence that `other` has as it is all of them, of one that shares a phrase only those of the phrase. `other`, which may be
 * much larger than they are, is read once.
 */
export function overlaps(texts: readonly (readonly Int32Array[])[], other: Iterable<Int32Array>): number[] {
  const places = new Map<number, Place[]>();
  const shared = new Map<Int32Array, Uint8Array>();
  for (const sequence of texts.flat()) {
    shared.set(sequence, new Uint8Array(sequence.length));
    let begin = 0;
    for (const key of keysOf(sequence)) {
      const known = places.get(key);
      const place = { sequence, begin };
      if (known === undefined) {
        places.set(key, [place]);
      } else {
        known.push(place);
      }
      begin += 1;
    }
  }
  for (const sequence of other) {
    for (const key of keysOf(sequence)) {
      for (const { sequence: holder, begin } of places.get(key) ?? []) {
        shared.get(holder)?.fill(1, begin, begin + OVERLAP_TOKENS);
      }
      places.delete(key);
    }
  }
  return texts.map((text) => {
    const tokens = text.reduce((sum, { length }) => sum + length, 0);
    const marked = text.reduce((sum, sequence) => sum + count(shared.get(sequence)), 0);
    return tokens === 0 ? 0 : marked / tokens;
  });
}

function count(marks: Uint8Array | undefined): number {
  return marks?.reduce((sum, mark) => sum + mark, 0) ?? 0;
}

/** A number of 53 bits for every run of {@link OVERLAP_TOKENS} tokens; of different runs it is practically never the same. */
function* keysOf(sequence: Int32Array): Generator<number> {
  for (let begin = 0; begin + OVERLAP_TOKENS <= sequence.length; begin++) {
    let [low, high] = [0x811c9dc5, 0x9e3779b9];
    for (let at = begin; at < begin + OVERLAP_TOKENS; at++) {
      const id = sequence[at] ?? 0;
      low = Math.imul(low ^ id, 0x01000193);
      low ^= low >>> 15;
      high = Math.imul(high + id, 0x85ebca6b);
      high ^= high >>> 13;
    }
    yield (low >>> 0) * 2 ** 21 + (high >>> 11);
  }
}
