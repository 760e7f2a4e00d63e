/** Tokens in a row that two texts must share to count as the same text: the 13-grams of GPT-3 (arXiv 2005.14165, appendix C). */
export const OVERLAP_TOKENS = 13;

/**
 * Of each text, the share, 0 to 1, of its sequences that hold {@link OVERLAP_TOKENS} tokens in a row that stand in `other` too.
 * `other`, which may be much larger than they are, is read once.
 */
export function overlaps(texts: readonly (readonly Int32Array[])[], other: Iterable<Int32Array>): number[] {
  const holders = new Map<number, Int32Array[]>();
  for (const sequence of texts.flat()) {
    for (const key of keysOf(sequence)) {
      const known = holders.get(key);
      if (known === undefined) {
        holders.set(key, [sequence]);
      } else if (known.at(-1) !== sequence) {
        known.push(sequence);
      }
    }
  }
  const shared = new Set<Int32Array>();
  for (const sequence of other) {
    for (const key of keysOf(sequence)) {
      for (const holder of holders.get(key) ?? []) {
        shared.add(holder);
      }
    }
  }
  return texts.map((text) =>
    text.length === 0 ? 0 : text.filter((sequence) => shared.has(sequence)).length / text.length,
  );
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
