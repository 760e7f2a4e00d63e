import { readModelOutline } from '../../../node/model/modelConfig';
import type { FramingTrial } from '../../../shared/texts/textPreview';
import { AUTO_FRAMING } from '../../../shared/texts/texts';
import { sum } from '../../../shared/common/sum';
import { makeBatch } from '../../data/sequences/batch';
import type { TokenStore } from '../../data/store/tokenStore';
import { openTokenizer, type Tokenizer } from '../../data/tokenizer/tokenizer';
import type { Executor, Model } from '../../executor/executor';
import { unchanging, withModel } from '../../executor/withModel';
import { quietly, yieldToEventLoop, type Task } from '../../task';

/** Documents whose beginnings are predicted, tokens of each beginning, and tokens of the document before it that are seen. */
const DOCUMENTS = 48;
const BEGINNING = 12;
const CONTEXT = 24;
/** Nats per token that another framing has to be better by to be worth a word. */
const NOTICEABLE = 0.02;

/**
 * Measures with which tokens between documents a model itself predicts the beginnings of documents best: those that it met
 * there when it was trained. Undefined where there are no two documents of text.
 */
export async function tryFramings(
  executor: Executor,
  folder: string,
  store: TokenStore,
  chosen: { readonly documentStart: string; readonly documentEnd: string },
  task: Task,
): Promise<FramingTrial | undefined> {
  const config = readModelOutline(folder);
  const tokenizer = openTokenizer(folder, config.vocabSize, { ...AUTO_FRAMING, ...chosen });
  const pairs = pairsOf(store, tokenizer);
  if (pairs.length === 0) {
    return undefined;
  }
  const candidates = candidatesOf(tokenizer);
  const framings = await withModel(executor, unchanging(folder), quietly(task), (model) =>
    lossesOf(model, candidates, pairs, task),
  );
  framings.sort((a, b) => a.loss - b.loss);
  const own = framings.find((framing) => framing.chosen)?.loss ?? NaN;
  const best = framings[0]?.loss ?? NaN;
  return { framings, documents: pairs.length, otherIsBetter: own - best > NOTICEABLE };
}

/** Nats per token of the beginnings, by candidate. */
async function lossesOf(
  model: Model,
  candidates: readonly Candidate[],
  pairs: readonly Pair[],
  task: Task,
): Promise<FramingTrial['framings']> {
  const framings: FramingTrial['framings'] = [];
  for (const [index, candidate] of candidates.entries()) {
    task.report(index / candidates.length, `framing ${index + 1} of ${candidates.length}`);
    let total = 0;
    let count = 0;
    for (const { before, beginning } of pairs) {
      await yieldToEventLoop(task);
      const ids = [...before, ...candidate.ids, ...beginning];
      const losses = await model.losses(makeBatch([Int32Array.from(ids)]), { reuse: false });
      total += sum(losses.slice(losses.length - beginning.length));
      count += beginning.length;
    }
    const { documentStart, documentEnd } = candidate;
    framings.push({ documentStart, documentEnd, loss: total / count, chosen: candidate.chosen });
  }
  return framings;
}

interface Pair {
  readonly before: readonly number[];
  readonly beginning: readonly number[];
}

/** Neighbouring documents without what frames them. */
function pairsOf(store: TokenStore, { frame }: Tokenizer): Pair[] {
  const count = Math.min(store.description.documents, DOCUMENTS + 1);
  const ends = [0, ...store.ends(0, count)];
  const bare = Array.from({ length: count }, (_, index) => {
    const ids = [...store.tokens(ends[index] ?? 0, ends[index + 1] ?? 0)];
    return ids.slice(frame.before.length, ids.length - frame.after.length);
  }).filter((ids) => ids.length > 0);
  return bare.slice(1).map((ids, index) => ({
    before: (bare[index] ?? []).slice(-CONTEXT),
    beginning: ids.slice(0, BEGINNING),
  }));
}

interface Candidate {
  readonly ids: readonly number[];
  readonly documentStart: string;
  readonly documentEnd: string;
  readonly chosen: boolean;
}

/** Nothing, BOS, EOS, the end of a text, EOS and BOS, and what was chosen. */
function candidatesOf(tokenizer: Tokenizer): Candidate[] {
  const { frame, bosId, eosId } = tokenizer;
  const name = (id: number): string => tokenizer.tokenOf(id) ?? `#${id}`;
  const ends = [...new Set([...frame.after.slice(-1), ...(eosId === undefined ? [] : [eosId])])];
  const starts = [...new Set([...frame.before.slice(0, 1), ...(bosId === undefined ? [] : [bosId])])];
  const framings = [undefined, ...ends].flatMap((end) =>
    [undefined, ...starts].map((start) => ({ start, end })),
  );
  return framings.map(({ start, end }) => ({
    ids: [end, start].flatMap((id) => id ?? []),
    documentStart: start === undefined ? 'none' : name(start),
    documentEnd: end === undefined ? 'none' : name(end),
    chosen: sameIds(frame.before, start) && sameIds(frame.after, end),
  }));
}

function sameIds(ids: readonly number[], id: number | undefined): boolean {
  return id === undefined ? ids.length === 0 : ids.length === 1 && ids[0] === id;
}
