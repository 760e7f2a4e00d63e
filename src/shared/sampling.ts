/** Which are used where only so many of a text's sequences, or of a file's questions, are. */
export const SAMPLINGS = ['first', 'spread'] as const;
export type Sampling = (typeof SAMPLINGS)[number];

/**
 * At most `count` items, in their order: the first, or those in the middle of as many equal parts, so that every part of a long
 * list is represented.
 */
export function sampleOf<T>(items: readonly T[], count: number, sampling: Sampling): T[] {
  if (sampling === 'first' || count >= items.length) {
    return items.slice(0, count);
  }
  const part = items.length / count;
  return Array.from({ length: count }, (_, index) => Math.floor((index + 0.5) * part)).flatMap((index) =>
    items.slice(index, index + 1),
  );
}

/** All items, in an order of which every beginning is from all over the list: that of the reversed bits of their places. */
export function fromAllOver<T>(items: readonly T[]): T[] {
  const bits = Math.ceil(Math.log2(Math.max(1, items.length)));
  return Array.from({ length: 2 ** bits }, (_, index) => reversed(index, bits)).flatMap((place) =>
    items.slice(place, place + 1),
  );
}

function reversed(value: number, bits: number): number {
  let [rest, result] = [value, 0];
  for (let bit = 0; bit < bits; bit++) {
    result = result * 2 + (rest % 2);
    rest = Math.floor(rest / 2);
  }
  return result;
}
