import { diffWordsWithSpace } from 'diff';

/** A stretch of a text. changed: the other text does not have it. */
export interface Stretch {
  readonly text: string;
  readonly changed: boolean;
}

/** Two answers to a prompt, each with what the other lacks marked by word. */
export interface AnswerDifference {
  readonly before: readonly Stretch[];
  readonly after: readonly Stretch[];
}

/** Of the shorter answer, the share that both must have in common for their words to be compared; less is another answer. */
const LEAST_COMMON = 0.2;

/** The blank that joins an answer to its prompt is left out; what is indented stays so. */
export function answerDifference(before: string, after: string): AnswerDifference {
  const [first, second] = [before, after].map((text) => text.replace(/^ (?! )/, ''));
  if (first === undefined || second === undefined || first === second) {
    const same = [{ text: first ?? '', changed: false }];
    return { before: same, after: same };
  }
  const parts = diffWordsWithSpace(first, second);
  const common = parts.reduce(
    (sum, { added, removed, value }) => (added || removed ? sum : sum + value.trim().length),
    0,
  );
  if (common < LEAST_COMMON * Math.min(first.trim().length, second.trim().length)) {
    // A few words that happen to be in both would be all that is not marked.
    return { before: [{ text: first, changed: true }], after: [{ text: second, changed: true }] };
  }
  const side = (lacks: 'added' | 'removed', marks: 'added' | 'removed'): Stretch[] =>
    parts.flatMap((part) => (part[lacks] ? [] : [{ text: part.value, changed: part[marks] }]));
  return { before: side('added', 'removed'), after: side('removed', 'added') };
}
