import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nullable = v.nullable(v.number());
const text = v.string();

/** The states of a run in the table, as the list of runs has them. */
export const ROW_STATES = [
  'starting',
  'running',
  'paused',
  'waiting',
  'stopped',
  'done',
  'failed',
  'died',
  'unreadable',
] as const;
export type RowState = (typeof ROW_STATES)[number];

/** What can be done with a run now, beside opening it. */
export const ROW_ACTIONS = ['open', 'share', 'rename', 'duplicate', 'resume', 'queue', 'delete'] as const;
export type RowAction = (typeof ROW_ACTIONS)[number];

/** A run as a row of the table of runs. */
export const RunRow = v.object({
  /** The run folder, absolute. */
  path: text,
  name: text,
  /** The study that it belongs to. */
  study: v.nullable(text),
  state: v.picklist(ROW_STATES),
  /** What it is doing, or why it cannot be read, in words. */
  activity: text,
  /** Name of the model that was given; null where no file says it. */
  model: v.nullable(text),
  /** Layers of the base model that were copied; null where none were yet, or the model is trained as it is. */
  layers: v.nullable(v.array(count)),
  /** Base learning rate in force. */
  learningRate: nullable,
  step: count,
  steps: v.nullable(count),
  /** Last evaluation minus the one before the first step, nats per token. */
  domainChange: nullable,
  generalChange: nullable,
  /** From its start to its last event, with pauses, without the time in which no process worked on it. */
  seconds: nullable,
  /** ISO 8601. */
  startedAt: v.nullable(text),
  tags: v.array(text),
  note: text,
  /** Why tags and note cannot be read; then they are not written either. */
  notesProblem: v.nullable(text),
  actions: v.array(v.picklist(ROW_ACTIONS)),
});
export type RunRow = v.InferOutput<typeof RunRow>;
