import * as v from 'valibot';
import { ANSWER_ENDS } from '../run/answers';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const seconds = v.pipe(v.number(), v.minValue(0));

/** How far an answer is, and what it cost. */
export const AnswerCost = v.object({
  promptTokens: count,
  /** From the prompt to the first token. */
  promptSeconds: seconds,
  tokens: count,
  /** Of each token after the first; null before there is one. */
  tokenSeconds: v.nullable(seconds),
});
export type AnswerCost = v.InferOutput<typeof AnswerCost>;

/** What a side said. */
export const SideAnswer = v.object({
  text: v.string(),
  /** `stopped`: by the person. */
  end: v.picklist([...ANSWER_ENDS, 'stopped']),
  cost: AnswerCost,
});
export type SideAnswer = v.InferOutput<typeof SideAnswer>;
