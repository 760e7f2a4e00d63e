/** Longer agreements are as good as this one. */
const LONGEST_AGREEMENT = 8;

/**
 * Guesses what follows `ids`: what followed where its last tokens stood before, over and over, and as many tokens as agree there; the
 * longest agreement counts, and of equals the last one. Text repeats itself, the more so the likeliest tokens of a small model (prompt lookup
 * decoding: A. Saxena 2023, and transformers' PromptLookupCandidateGenerator).
 * @returns at most `most` tokens; none where nothing agrees
 */
export function guessNext(ids: readonly number[], most: number): readonly number[] {
  let best = { length: 0, end: 0 };
  for (let end = ids.length - 1; end > 0 && best.length < LONGEST_AGREEMENT; end -= 1) {
    const length = agreement(ids, end);
    if (length > best.length) {
      best = { length, end };
    }
  }
  const { length, end } = best;
  const circle = ids.slice(end);
  return Array.from(
    { length: Math.max(0, Math.min(length, most)) },
    (_, at) => circle[at % circle.length] ?? 0,
  );
}

/** How many of the last tokens are those before `end`. */
function agreement(ids: readonly number[], end: number): number {
  let length = 0;
  while (
    length < LONGEST_AGREEMENT &&
    length < end &&
    ids[end - 1 - length] === ids[ids.length - 1 - length]
  ) {
    length += 1;
  }
  return length;
}
