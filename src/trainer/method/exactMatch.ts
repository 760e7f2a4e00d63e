/**
 * Scores of generated answers as lm-evaluation-harness 0.4.13 has them for GSM8K (lm_eval/tasks/gsm8k/gsm8k.yaml, version 3, and
 * lm_eval/filters/extraction.py), and what stands for them where answers carry no final number.
 */
export interface AnswerScore {
  /** What was taken for the answer; undefined where there is none. */
  readonly strict: string | undefined;
  readonly flexible: string | undefined;
  readonly strictMatch: boolean;
  readonly flexibleMatch: boolean;
}

/** What an answer ends with in GSM8K (Cobbe et al. 2021, arXiv 2110.14168). */
const FINAL = '#### ';
const AFTER_FINAL = /#### (-?[0-9.,]+)/;
const NUMBERS = /-?[$0-9.,]{2,}|-?[0-9]+/g;

/** What comparing passes over: `regexes_to_ignore` in their order, and case. */
function normalized(text: string): string {
  return text
    .replaceAll(',', '')
    .replaceAll('$', '')
    .replace(/.*#### /gs, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/**
 * Compares what a model says with the answer that is right. Where that one ends in "#### " and a number: strict takes the number
 * that the model puts there, flexible the last number that it says. Otherwise strict takes all it says, and flexible the last
 * number, or, of an answer that is none, that answer wherever it is said.
 */
export function scoreAnswer(said: string, right: string): AnswerScore {
  const wanted = normalized(right.trim());
  const last = [...said.matchAll(NUMBERS)].at(-1)?.[0].trim();
  const compared = (strict: string | undefined, flexible: string | undefined): AnswerScore => ({
    ...{ strict, flexible },
    strictMatch: strict !== undefined && normalized(strict) === wanted,
    flexibleMatch: flexible !== undefined && normalized(flexible) === wanted,
  });
  if (right.includes(FINAL)) {
    return compared(AFTER_FINAL.exec(said)?.[1]?.trim(), last);
  }
  if (/^-?[0-9.]+$/.test(wanted)) {
    return compared(said.trim(), last);
  }
  const mentioned = wanted !== '' && normalized(said).includes(wanted);
  return compared(said.trim(), mentioned ? right.trim() : undefined);
}
