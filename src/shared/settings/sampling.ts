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
  return Array.from({ length: count }, (_, position) => spreadIndex(position, count, items.length)).flatMap(
    (index) => items.slice(index, index + 1),
  );
}

/** Which of `size` items is the one at `position` among `count` that are spread over them. */
export function spreadIndex(position: number, count: number, size: number): number {
  return Math.floor((position + 0.5) * (size / count));
}

/** A number below 2^bits with its bits in reverse. */
export function reversedBits(value: number, bits: number): number {
  let [rest, result] = [value, 0];
  for (let bit = 0; bit < bits; bit++) {
    result = result * 2 + (rest % 2);
    rest = Math.floor(rest / 2);
  }
  return result;
}
