import { makeBatch } from '../data/corpus';
import type { Tokenizer } from '../data/tokenizer';
import type { CausalLM } from '../model/causalLM';

const LETTERS = ['A', 'B', 'C', 'D'];

export interface Answer {
  /** Index of the likeliest letter; the first of equals. */
  readonly choice: number;
  readonly truncated: boolean;
}

/**
 * Which of " A" … " D" is the likeliest continuation of the prompt: Σ log p of its tokens, as MMLU is scored
 * (Hendrycks et al. 2021, arXiv 2009.03300). Where the four differ in one last token only, one forward pass serves all.
 */
export function answerByLikelihood(model: CausalLM, tokenizer: Tokenizer, prompt: string): Answer {
  const start =
    tokenizer.bosId !== undefined && tokenizer.separator.startsWith('bos') ? [tokenizer.bosId] : [];
  const encoded = LETTERS.map((letter) => [...start, ...tokenizer.encode(`${prompt} ${letter}`)]);
  const shared = commonPrefix(encoded);
  const limit = model.config.maxPositionEmbeddings;
  const longest = Math.max(...encoded.map(({ length }) => length));
  const cut = Math.max(0, longest - limit);
  const oneToken = encoded.every(({ length }) => length === shared + 1);
  const scores = oneToken
    ? nextTokenScores(
        model,
        encoded[0]?.slice(cut, shared) ?? [],
        encoded.map((ids) => ids[shared] ?? 0),
      )
    : encoded.map((ids) => continuationScore(model, ids.slice(cut), shared - cut));
  return { choice: scores.indexOf(Math.max(...scores)), truncated: cut > 0 };
}

function commonPrefix(sequences: readonly (readonly number[])[]): number {
  const [first = []] = sequences;
  const differing = first.findIndex((id, index) => sequences.some((other) => other[index] !== id));
  return differing < 0 ? first.length : differing;
}

/** Logits of the candidates after the prompt: their differences are those of the log-likelihoods. */
function nextTokenScores(
  model: CausalLM,
  prompt: readonly number[],
  candidates: readonly number[],
): number[] {
  const batch = makeBatch([Int32Array.from(prompt)]);
  const logits = model.logits(batch, Int32Array.of(prompt.length - 1));
  return candidates.map((id) => logits[id] ?? -Infinity);
}

/** Σ log p of the tokens from `begin` on. */
function continuationScore(model: CausalLM, ids: readonly number[], begin: number): number {
  const losses = model.losses(makeBatch([Int32Array.from(ids)]));
  // losses[i] is that of token i + 1.
  return -losses.slice(begin - 1).reduce((total, loss) => total + loss, 0);
}
