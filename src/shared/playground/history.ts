import * as v from 'valibot';
import { AskSettings } from './askSettings';
import { SideAnswer } from './sideAnswer';
import { originOf, Side } from './sides';

const text = v.string();

/** A column as it came out. */
const KeptAnswer = v.object({
  side: Side,
  /** As people knew the side then. */
  name: text,
  /** Null where it gave none. */
  answer: v.nullable(SideAnswer),
  /** Why it gave none, or no more, in a sentence. */
  problem: v.nullable(text),
});
export type KeptAnswer = v.InferOutput<typeof KeptAnswer>;

/** A prompt that was asked, with everything that it takes to ask it again. */
export const KeptRound = v.object({
  id: text,
  /** ISO 8601. */
  time: text,
  prompt: text,
  settings: AskSettings,
  answers: v.pipe(v.array(KeptAnswer), v.minLength(1), v.maxLength(2)),
});
export type KeptRound = v.InferOutput<typeof KeptRound>;

/** The latest first. */
export const PlaygroundHistory = v.array(KeptRound);
export type PlaygroundHistory = v.InferOutput<typeof PlaygroundHistory>;

export const MOST_ROUNDS = 50;
/** Of prompts and answers together: the window's storage is read as a whole. */
export const MOST_CHARACTERS = 400_000;

/** The history with one more round, and without the oldest ones beyond what is kept; the new one stays in any case. */
export function withRound(history: PlaygroundHistory, round: KeptRound): PlaygroundHistory {
  const all = [round, ...history.filter(({ id }) => id !== round.id)].slice(0, MOST_ROUNDS);
  let characters = 0;
  const end = all.findIndex((one, index) => {
    characters += sizeOf(one);
    return index > 0 && characters > MOST_CHARACTERS;
  });
  return end < 0 ? all : all.slice(0, end);
}

function sizeOf({ prompt, answers }: KeptRound): number {
  return answers.reduce((sum, { answer }) => sum + (answer?.text.length ?? 0), prompt.length);
}

/**
 * Seconds of a token when a side answered last, else the run that it is of; undefined where neither is known.
 */
export function lastTokenSeconds(history: PlaygroundHistory, side: Side): number | undefined {
  const ofOrigin = history
    .flatMap(({ answers }) => answers)
    .filter(
      (one) => originOf(one.side) === originOf(side) && (one.answer?.cost.tokenSeconds ?? null) !== null,
    );
  const last = ofOrigin.find((one) => one.side.kind === side.kind) ?? ofOrigin[0];
  return last?.answer?.cost.tokenSeconds ?? undefined;
}
