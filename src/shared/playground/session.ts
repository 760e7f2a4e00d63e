import * as v from 'valibot';
import { AskSettings } from './askSettings';
import { AnswerCost, SideAnswer } from './sideAnswer';
import { Sides } from './sides';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * What is said between a program and the `adept playground` that it started, over Node.js' IPC channel. The process ends when
 * the channel is closed.
 */
export const ToSession = v.variant('type', [
  /** One at a time: the next when `done` has come. */
  v.object({ type: v.literal('ask'), id: count, prompt: text, sides: Sides, settings: AskSettings }),
  /** Ends the answers to a prompt; what was said stays. */
  v.object({ type: v.literal('stop'), id: count }),
]);
export type ToSession = v.InferOutput<typeof ToSession>;
export type AskRequest = Extract<ToSession, { type: 'ask' }>;

const at = { id: count, side: count };

export const FromSession = v.variant('type', [
  /** What computes from now on. */
  v.object({ type: v.literal('engine'), engine: text, device: text, library: text, threads: count }),
  v.object({ ...at, type: v.literal('loading'), message: text }),
  /** The model reads the prompt; as a text where it has no chat template for a conversation. */
  v.object({ ...at, type: v.literal('reading'), promptTokens: count, lacksTemplate: v.boolean() }),
  /** From this character on the answer is `text`. */
  v.object({ ...at, type: v.literal('said'), from: count, text, cost: AnswerCost }),
  v.object({ ...at, type: v.literal('answered'), answer: SideAnswer }),
  /** This side gives no answer: why, in a sentence. What it said before stays. */
  v.object({ ...at, type: v.literal('failed'), message: text }),
  v.object({ type: v.literal('done'), id: count }),
]);
export type FromSession = v.InferOutput<typeof FromSession>;
