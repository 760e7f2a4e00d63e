import * as v from 'valibot';
import { AskSettings } from '../playground/askSettings';
import { PlaygroundHistory } from '../playground/history';
import { AnswerCost, SideAnswer } from '../playground/sideAnswer';
import { Side, Sides } from '../playground/sides';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The window has one playground: models take memory. */
export const PlaygroundSource = v.object({});

/** What can be asked. */
export const PlaygroundOrigin = v.variant('kind', [
  v.object({
    kind: v.literal('run'),
    run: text,
    name: text,
    /** Whether a trainer is at work on it. */
    live: v.boolean(),
    /** Whether it added layers, whose strength can be set. */
    adds: v.boolean(),
    /** Those that can be used, the latest first. */
    checkpoints: v.array(v.object({ step: count, name: text, description: text })),
  }),
  v.object({
    kind: v.literal('model'),
    model: text,
    name: text,
    /** The run that it was exported of; null for others. */
    exportOf: v.nullable(text),
  }),
]);
export type PlaygroundOrigin = v.InferOutput<typeof PlaygroundOrigin>;

const COLUMN_STATES = ['waiting', 'loading', 'reading', 'answering', 'ended'] as const;
export type ColumnState = (typeof COLUMN_STATES)[number];

/** A side and how far its answer is. */
export const PlaygroundColumn = v.object({
  side: Side,
  name: text,
  state: v.picklist(COLUMN_STATES),
  /** What is being done, where there is more to say than the state. */
  doing: text,
  text,
  cost: v.nullable(AnswerCost),
  end: v.nullable(SideAnswer.entries.end),
  problem: v.nullable(text),
  /** Whether it was asked in a conversation for which the model has no chat template. */
  lacksTemplate: v.boolean(),
});
export type PlaygroundColumn = v.InferOutput<typeof PlaygroundColumn>;

/** A prompt and its answers. */
export const PlaygroundRound = v.object({
  id: text,
  prompt: text,
  settings: AskSettings,
  columns: v.pipe(v.array(PlaygroundColumn), v.minLength(1), v.maxLength(2)),
});
export type PlaygroundRound = v.InferOutput<typeof PlaygroundRound>;

/** What answers: nothing yet, a process, one that ended for lack of prompts, or one that ended by itself and why. */
export const PlaygroundProcess = v.object({
  state: v.picklist(['none', 'starting', 'ready', 'idle', 'ended']),
  engine: v.nullable(v.object({ engine: text, device: text, threads: count })),
  problem: v.nullable(text),
});
export type PlaygroundProcess = v.InferOutput<typeof PlaygroundProcess>;

const parts = {
  trusted: v.boolean(),
  origins: v.array(PlaygroundOrigin),
  /** What is compared where the person has chosen nothing; null where there is nothing. */
  usual: v.nullable(Sides),
  process: PlaygroundProcess,
  /** What was asked last; null before. */
  round: v.nullable(PlaygroundRound),
  isAnswering: v.boolean(),
  history: PlaygroundHistory,
};

/** From the extension to the page. */
export const ToPlayground = v.variant('type', [
  /** Everything. */
  v.object({ type: v.literal('show'), ...parts }),
  /** What changed. */
  v.object({ type: v.literal('update'), ...v.partial(v.object(parts)).entries }),
  /** A part of an answer: from this character on it is `text`. */
  v.object({
    type: v.literal('said'),
    round: text,
    column: count,
    from: count,
    text,
    cost: AnswerCost,
  }),
  /** Compare these: a command named them. */
  v.object({ type: v.literal('compare'), sides: Sides }),
]);
export type ToPlayground = v.InferOutput<typeof ToPlayground>;

/** From the page to the extension. */
export const FromPlayground = v.variant('type', [
  v.object({ type: v.literal('ask'), prompt: text, sides: Sides, settings: AskSettings }),
  v.object({ type: v.literal('stop') }),
  v.object({ type: v.literal('copy'), text }),
  v.object({ type: v.literal('forget'), id: text }),
  v.object({ type: v.literal('clearHistory') }),
]);
export type FromPlayground = v.InferOutput<typeof FromPlayground>;

/** What the page keeps over hiding and reload. */
export const PlaygroundView = v.object({
  prompt: text,
  /** Null: as is usual. */
  sides: v.nullable(Sides),
  settings: AskSettings,
  settingsOpen: v.boolean(),
});
export type PlaygroundView = v.InferOutput<typeof PlaygroundView>;
