import * as v from 'valibot';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Why an answer ends: a stop token or text, as many tokens as were wanted, or no room in the model's context. */
export const ANSWER_ENDS = ['stop', 'length', 'context'] as const;
export type AnswerEnd = (typeof ANSWER_ENDS)[number];

/** Where a prompt is from: a file of the person, the texts for general ability below, or the domain's evaluation text. */
const PROMPT_SOURCES = ['file', 'general', 'domain'] as const;
export type PromptSource = (typeof PROMPT_SOURCES)[number];

/** What the model of a run is asked, before its first step and as it goes on. */
export const AskedPrompt = v.object({
  /** As people read it. */
  text,
  source: v.picklist(PROMPT_SOURCES),
  /** How the text that it was taken from goes on. */
  reference: v.optional(text),
  /** The prompt's tokens. */
  ids: v.pipe(v.array(count), v.minLength(1)),
});
export type AskedPrompt = v.InferOutput<typeof AskedPrompt>;

/** prompts.json of a run folder: fixed when the run begins, whatever becomes of the files since. */
export const PromptSet = v.object({
  format: v.literal('adept.prompts/1'),
  /** Tokens of an answer. */
  maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1)),
  prompts: v.pipe(v.array(AskedPrompt), v.minLength(1)),
});
export type PromptSet = v.InferOutput<typeof PromptSet>;

export const GivenAnswer = v.object({ text, end: v.picklist(ANSWER_ENDS) });
export type GivenAnswer = v.InferOutput<typeof GivenAnswer>;

/** Prompts that are taken from the domain's evaluation text where no file names any, and tokens of each. */
export const DOMAIN_PROMPTS = 4;
export const DOMAIN_PROMPT_TOKENS = 32;

/** Beginnings whose continuations show general ability: facts, arithmetic, a story, code, another language, a list. */
export const GENERAL_PROMPTS = [
  'The capital of France is',
  'Water freezes at a temperature of',
  'Question: A train travels 60 kilometres in 40 minutes. How far does it travel in two hours?\nAnswer:',
  'Once upon a time, in a small village by the sea, there lived',
  'def is_prime(n):\n    """Return True if n is a prime number."""\n',
  'English: Good morning, how are you?\nFrench:',
  'Three reasons to sleep enough:\n1.',
] as const;
