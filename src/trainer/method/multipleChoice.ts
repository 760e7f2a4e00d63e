import { failure } from '../../shared/common/errors';
import { makeBatch } from '../data/sequences/batch';
import type { Tokenizer } from '../data/tokenizer/tokenizer';
import type { Model } from '../executor/executor';

type Scoring = Pick<Model, 'config' | 'logits' | 'losses'>;

/** A prompt and what may follow it, each as it is appended. */
export interface ChoicePrompt {
  readonly prompt: string;
  readonly continuations: readonly string[];
}

export interface Answer {
  /** Index of the likeliest continuation; the first of equals. */
  readonly choice: number;
  /** Of the one that is likeliest for its length: Σ log p divided by its characters. */
  readonly normalizedChoice: number;
  /** The prompt was longer than the model's context, and was cut at the front. */
  readonly truncated: boolean;
}

/**
 * Which continuation of the prompt is the likeliest: Σ log p of its tokens, as MMLU is scored by letters (Hendrycks et al.
 * 2021, arXiv 2009.03300) and ARC by answers (Clark et al. 2018, arXiv 1803.05457; by length as lm-evaluation-harness does).
 * Where they differ in one last token only, one forward pass serves all.
 * @throws AdeptError (failure) when the model computes no numbers
 */
export async function answerByLikelihood(
  model: Scoring,
  tokenizer: Tokenizer,
  { prompt, continuations }: ChoicePrompt,
): Promise<Answer> {
  const encoded = continuations.map((text) => encodePrompt(tokenizer, prompt + text));
  // A tokenizer may join the prompt's end with what follows: what continues it begins where the ids differ.
  const shared = commonPrefix([encodePrompt(tokenizer, prompt), ...encoded]);
  const limit = model.config.maxPositionEmbeddings;
  const longest = Math.max(...encoded.map(({ length }) => length));
  const cut = Math.max(0, longest - limit);
  // What is left begins as a text does.
  const start = tokenizer.frame.before;
  const kept = (ids: readonly number[], end?: number): number[] =>
    cut === 0 ? ids.slice(0, end) : [...start, ...ids.slice(cut + start.length, end)];
  const oneToken = encoded.every(({ length }) => length === shared + 1);
  const scores = oneToken
    ? await nextTokenScores(
        model,
        kept(encoded[0] ?? [], shared),
        encoded.map((ids) => ids[shared] ?? 0),
      )
    : await continuationScores(
        model,
        encoded.map((ids) => kept(ids)),
        shared - cut,
      );
  return {
    choice: largest(scores),
    normalizedChoice: largest(
      scores.map((score, index) => score / Math.max(1, continuations[index]?.trim().length ?? 1)),
    ),
    truncated: cut > 0,
  };
}

/** Token ids of a prompt, with the beginning of a text where the tokenizer puts one. */
export function encodePrompt(tokenizer: Tokenizer, text: string): number[] {
  return [...tokenizer.frame.before, ...tokenizer.encode(text)];
}

function largest(scores: readonly number[]): number {
  // No number is larger than NaN, so none of the answers would seem to have been given.
  if (scores.some(Number.isNaN)) {
    throw failure(
      'The model computes likelihoods that are not numbers: check its weights for NaN or infinite values.',
    );
  }
  return scores.indexOf(Math.max(...scores));
}

function commonPrefix(sequences: readonly (readonly number[])[]): number {
  const [first = []] = sequences;
  const differing = first.findIndex((id, index) => sequences.some((other) => other[index] !== id));
  return differing < 0 ? first.length : differing;
}

/** log p of each candidate after the prompt. */
async function nextTokenScores(
  model: Scoring,
  prompt: readonly number[],
  candidates: readonly number[],
): Promise<number[]> {
  const batch = makeBatch([Int32Array.from(prompt)]);
  const logits = await model.logits(batch, Int32Array.of(prompt.length - 1));
  const most = logits.reduce((one, other) => Math.max(one, other), -Infinity);
  const norm = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  return candidates.map((id) => (logits[id] ?? -Infinity) - norm);
}

/** Of each continued prompt Σ log p of the tokens from `begin` on. */
async function continuationScores(
  model: Scoring,
  prompts: readonly (readonly number[])[],
  begin: number,
): Promise<number[]> {
  const scores: number[] = [];
  for (const ids of prompts) {
    const losses = await model.losses(makeBatch([Int32Array.from(ids)]), { reuse: false });
    // losses[i] is that of token i + 1.
    scores.push(-losses.slice(Math.max(0, begin - 1)).reduce((total, loss) => total + loss, 0));
  }
  return scores;
}
