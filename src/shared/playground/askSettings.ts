import * as v from 'valibot';

/** Of one answer; longer ones are for `adept generate`. */
export const MOST_ANSWER_TOKENS = 4096;
export const MOST_STOP_TEXTS = 16;

/** How a prompt is answered. */
export const AskSettings = v.object({
  maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_ANSWER_TOKENS)),
  /** 0 takes the likeliest token. */
  temperature: v.pipe(v.number(), v.finite(), v.minValue(0)),
  topP: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
  stopTexts: v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.maxLength(MOST_STOP_TEXTS)),
  /** Whether the prompt is what a user says in a conversation. */
  asConversation: v.boolean(),
});
export type AskSettings = v.InferOutput<typeof AskSettings>;

/** Greedy, so that a difference between two answers is the models'. */
export const USUAL_ASK_SETTINGS: AskSettings = {
  ...{ maxTokens: 128, temperature: 0, topP: 1, seed: 0, stopTexts: [], asConversation: false },
};
