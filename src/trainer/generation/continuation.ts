import type { AnswerEnd } from '../../shared/run/answers';
import { seededRandom } from '../../shared/common/random';
import { isInTable, type ModelOutline } from '../../shared/model/outline';
import { dependsOnLength } from '../../shared/model/ropeConfig';
import type { Model } from '../executor/executor';
import type { NextTokens } from '../executor/results';
import { yieldToEventLoop, type Task } from '../task';
import type { RowReading } from '../executor/requests';
import { guessNext } from './repetition';
import { sampleToken, type Sampling } from './sampling';

export interface ContinuationSettings extends Sampling {
  /** Of each prompt; at least 1. */
  readonly maxTokens: number;
  /** Of what is drawn. The draws of a prompt depend on its number, not on those beside it. */
  readonly seed: number;
  /** Tokens that end an answer, and are no part of it. */
  readonly stopTokens: ReadonlySet<number>;
}

export interface Continuation {
  /** What follows the prompt, without the token that ends it. */
  readonly ids: readonly number[];
  readonly finish: AnswerEnd;
}

export interface Prompt {
  readonly ids: Int32Array;
  /** By which its draws are known again. */
  readonly number: number;
}

/** Told of every token; says whether the answer ends with it. `row` counts prompts from 0. */
export type OnToken = (row: number, ids: readonly number[]) => boolean;

type Decoding = Pick<Model, 'config' | 'readsAhead' | 'prefill' | 'decode' | 'endDecoding'>;

interface Row {
  readonly index: number;
  readonly prompt: Int32Array;
  readonly ids: number[];
  readonly random: () => number;
  finish: AnswerEnd | undefined;
}

/**
 * Continues prompts side by side, token by token: the likeliest at temperature 0, otherwise drawn. Where the model reads ahead,
 * tokens are guessed and read along; those that are not what would have been chosen are forgotten (speculative decoding:
 * Leviathan et al. 2023, arXiv 2211.17192, with guesses from the text itself), so that what is chosen stays the same.
 * @param prompts none of them empty or longer than the model's context
 * @throws Cancelled when the task was cancelled, between two tokens
 * @throws AdeptError (failure) when the model computes no numbers
 */
export async function continuePrompts(
  model: Decoding,
  prompts: readonly Prompt[],
  settings: ContinuationSettings,
  task: Task,
  onToken: OnToken = () => false,
): Promise<Continuation[]> {
  const rows = prompts.map(({ ids, number }, index): Row => ({
    ...{ index, prompt: ids, ids: [], finish: undefined },
    random: seededRandom(settings.seed + number),
  }));
  try {
    await continueRows(model, rows, settings, task, onToken);
  } catch (error) {
    // What it failed of is what counts, not that nothing can be freed then.
    await model.endDecoding().catch(() => undefined);
    throw error;
  }
  await model.endDecoding();
  return rows.map(({ ids, finish = 'length' }) => ({ ids, finish }));
}

async function continueRows(
  model: Decoding,
  rows: readonly Row[],
  settings: ContinuationSettings,
  task: Task,
  onToken: OnToken,
): Promise<void> {
  const wanted = settings.temperature > 0 ? 'logits' : 'top';
  const turns = rotationTurns(model.config);
  const readsAhead = rotatesByLength(model.config) ? 1 : model.readsAhead;
  let read: readonly RowRead[] = rows.map((row) => ({ row, drafts: [] }));
  let next = await model.prefill(
    rows.map(({ prompt }) => prompt),
    wanted,
  );
  for (;;) {
    const readings = readOn(read, next, settings, model.config, onToken);
    const kept = readings.map(({ row }) => read[row]?.row).filter((row) => row !== undefined);
    if (kept.length === 0) {
      return;
    }
    await yieldToEventLoop(task);
    const count = Math.max(...kept.map(({ ids }) => ids.length));
    task.report(count / settings.maxTokens, `token ${count} of ${settings.maxTokens}`);
    const longest = Math.max(...kept.map(({ prompt, ids }) => prompt.length + ids.length));
    read = withDrafts(kept, readsAhead, settings, model.config);
    next = turns.includes(longest - 1)
      ? await model.prefill(kept.map(whole), wanted)
      : await model.decode(
          readings.map((reading, at) => ({
            ...reading,
            tokens: [...reading.tokens, ...(read[at]?.drafts ?? [])],
          })),
          wanted,
        );
  }
}

/** What was read of a row last, beyond the token that was chosen. */
interface RowRead {
  readonly row: Row;
  readonly drafts: readonly number[];
}

/** Takes what comes next in every row, as far as its drafts were right. @returns how those that go on are read on */
function readOn(
  read: readonly RowRead[],
  next: NextTokens,
  settings: ContinuationSettings,
  config: ModelOutline,
  onToken: OnToken,
): RowReading[] {
  let at = 0;
  return read.flatMap(({ row, drafts }, index) => {
    const first = at;
    at += drafts.length + 1;
    let right = 0;
    let token = chosen(next, first, settings, row);
    take(row, token, settings, config, onToken);
    while (row.finish === undefined && token === drafts[right]) {
      right += 1;
      token = chosen(next, first + right, settings, row);
      take(row, token, settings, config, onToken);
    }
    return row.finish === undefined ? [{ row: index, tokens: [token], forget: drafts.length - right }] : [];
  });
}

/** Guesses for each row, within what the model reads ahead and what the row may become. */
function withDrafts(
  rows: readonly Row[],
  readsAhead: number,
  { maxTokens }: ContinuationSettings,
  { maxPositionEmbeddings }: ModelOutline,
): RowRead[] {
  let left = readsAhead - rows.length;
  return rows.map((row, at) => {
    const { prompt, ids } = row;
    const room = Math.min(maxTokens - ids.length - 1, maxPositionEmbeddings - prompt.length - ids.length);
    const share = Math.ceil(left / (rows.length - at));
    const drafts = guessNext([...prompt, ...ids], Math.min(share, room));
    left -= drafts.length;
    return { row, drafts };
  });
}

function chosen(next: NextTokens, at: number, settings: ContinuationSettings, { random }: Row): number {
  const { top, logits } = next;
  if (logits === undefined) {
    return top[at] ?? 0;
  }
  const width = logits.length / top.length;
  return sampleToken(logits.subarray(at * width, (at + 1) * width), settings, random);
}

/** Adds a token to a row, and finds out whether the row ends. */
function take(
  row: Row,
  token: number,
  { stopTokens, maxTokens }: ContinuationSettings,
  { maxPositionEmbeddings }: ModelOutline,
  onToken: OnToken,
): void {
  if (stopTokens.has(token)) {
    row.finish = 'stop';
    return;
  }
  row.ids.push(token);
  if (onToken(row.index, row.ids)) {
    row.finish = 'stop';
  } else if (row.ids.length >= maxTokens) {
    row.finish = 'length';
  } else if (row.prompt.length + row.ids.length > maxPositionEmbeddings) {
    row.finish = 'context';
  }
}

function whole({ prompt, ids }: Row): Int32Array {
  return Int32Array.from([...prompt, ...ids]);
}

/** Whether tokens that are read along, and perhaps forgotten, would rotate those before them otherwise. */
export function rotatesByLength(config: ModelOutline): boolean {
  return isInTable(config) && config.ropes.some((rope) => rope !== undefined && dependsOnLength(rope));
}

/**
 * Lengths beyond which every position is rotated otherwise, so that keys that are kept hold no more (longrope: as
 * transformers' Phi3ForCausalLM.prepare_inputs_for_generation).
 */
function rotationTurns(config: ModelOutline): number[] {
  const ropes = isInTable(config) ? config.ropes : [];
  return ropes.flatMap((rope) =>
    rope?.scaling.type === 'longrope' ? [rope.scaling.originalMaxPositionEmbeddings] : [],
  );
}
