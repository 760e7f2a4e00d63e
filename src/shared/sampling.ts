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
