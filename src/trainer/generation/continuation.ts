import type { AnswerEnd } from '../../shared/run/answers';
import { seededRandom } from '../../shared/common/random';
import { isInTable, type ModelOutline } from '../../shared/model/outline';
import type { Model } from '../executor/executor';
import type { NextTokens } from '../executor/results';
import { yieldToEventLoop, type Task } from '../task';
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

type Decoding = Pick<Model, 'config' | 'prefill' | 'decode' | 'endDecoding'>;

interface Row {
  readonly index: number;
  readonly prompt: Int32Array;
  readonly ids: number[];
  readonly random: () => number;
  finish: AnswerEnd | undefined;
}

/**
 * Continues prompts side by side, token by token: the likeliest at temperature 0, otherwise drawn.
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
  let kept = rows;
  let next = await model.prefill(
    rows.map(({ prompt }) => prompt),
    wanted,
  );
  for (let count = 1; ; count += 1) {
    kept.forEach((row, at) => {
      take(row, chosen(next, at, settings, row), settings, model.config, onToken);
    });
    const going = kept.flatMap(({ finish }, at) => (finish === undefined ? [at] : []));
    if (going.length === 0) {
      return;
    }
    await yieldToEventLoop(task);
    task.report(count / settings.maxTokens, `token ${count} of ${settings.maxTokens}`);
    kept = kept.filter(({ finish }) => finish === undefined);
    const longest = Math.max(...kept.map(({ prompt, ids }) => prompt.length + ids.length));
    next = turns.includes(longest - 1)
      ? await model.prefill(kept.map(whole), wanted)
      : await model.decode(
          Int32Array.from(kept, ({ ids }) => ids.at(-1) ?? 0),
          Int32Array.from(going),
          wanted,
        );
  }
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
