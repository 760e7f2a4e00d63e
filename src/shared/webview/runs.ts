import * as v from 'valibot';
import { WrittenNotes } from '../run/runNotes';
import { ROW_ACTIONS, RunRow } from '../runs/runRow';
import { QueueItem } from '../runs/runQueue';
import { RunFilter, RunOrder } from '../runs/runTable';
import { ScorePoint } from '../run/scores';
import { EvalPoint } from './run';

const text = v.string();
const path = v.pipe(text, v.minLength(1));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** So many runs are drawn over each other at most: more lines cannot be told apart. */
export const MOST_TICKED = 8;

/** The evaluations and scores of a run that is ticked. */
export const RunCurves = v.object({
  path,
  evals: v.array(EvalPoint),
  scores: v.array(ScorePoint),
  /** Why its log cannot be read. */
  problem: v.nullable(text),
});
export type RunCurves = v.InferOutput<typeof RunCurves>;

/** A line of a comparison: what it is about, and a text for each run. */
export const ComparedRow = v.object({ name: text, values: v.array(text) });

/** What differs between the runs that are ticked, in the order of `paths`. */
export const TickedComparison = v.object({
  paths: v.array(path),
  differences: v.array(ComparedRow),
  /** Runs whose settings cannot be read, and why, in a sentence each. */
  problems: v.array(text),
});
export type TickedComparison = v.InferOutput<typeof TickedComparison>;

/** A run of the queue, as the page shows it. */
export const QueueRow = v.object({
  ...v.pick(QueueItem, ['id', 'kind', 'state', 'ending']).entries,
  path,
  name: text,
});
export type QueueRow = v.InferOutput<typeof QueueRow>;

export const ShownQueue = v.object({
  paused: v.boolean(),
  rows: v.array(QueueRow),
  /** Names of the active runs that the next one waits for. */
  waitsFor: v.array(text),
  /** Why the queue's file cannot be used. */
  problem: v.nullable(text),
});
export type ShownQueue = v.InferOutput<typeof ShownQueue>;

/** To the page. */
export const ToRuns = v.variant('type', [
  v.object({
    type: v.literal('rows'),
    rows: v.array(RunRow),
    /** Whether anything may be changed: the workspace is trusted. */
    trusted: v.boolean(),
  }),
  v.object({ type: v.literal('queue'), queue: ShownQueue }),
  v.object({ type: v.literal('curves'), curves: v.array(RunCurves) }),
  v.object({ type: v.literal('comparison'), comparison: TickedComparison }),
  /** A run has another folder now. */
  v.object({ type: v.literal('renamed'), from: path, to: path }),
  /** Tick these. */
  v.object({ type: v.literal('tick'), paths: v.array(path) }),
  /** A file that the person asked for was written. */
  v.object({ type: v.literal('saved'), file: text }),
  /** What a person wrote about a run is not in its folder: why. */
  v.object({ type: v.literal('notSaved'), path, problem: text }),
]);
export type ToRuns = v.InferOutput<typeof ToRuns>;

/** From the page. */
export const FromRuns = v.variant('type', [
  /** The runs whose curves and settings are wanted. */
  v.object({ type: v.literal('ticked'), paths: v.pipe(v.array(path), v.maxLength(MOST_TICKED)) }),
  v.object({ type: v.literal('act'), action: v.picklist(ROW_ACTIONS), path }),
  v.object({ type: v.literal('compare'), paths: v.pipe(v.array(path), v.minLength(2)) }),
  v.object({ type: v.literal('notes'), path, notes: WrittenNotes }),
  v.object({ type: v.literal('openNotes'), path }),
  v.object({ type: v.literal('saveCsv'), text }),
  /** The queue as a whole. clear: forget what ended. */
  v.object({ type: v.literal('queue'), how: v.picklist(['pause', 'continue', 'clear']) }),
  v.object({ type: v.literal('queued'), id: text, how: v.picklist(['up', 'down', 'remove']) }),
]);
export type FromRuns = v.InferOutput<typeof FromRuns>;

/** There is one panel of all runs. */
export const RunsSource = v.object({});

/** What the page keeps over hiding and reload. */
export const RunsView = v.object({
  order: v.optional(RunOrder, { column: 'startedAt', descending: true }),
  filter: v.optional(RunFilter, { text: '', state: null }),
  /** Whether the curves show the change since the start. */
  sinceStart: v.optional(v.boolean(), false),
  /** The ticked runs, each with the number of its line. */
  ticked: v.optional(v.array(v.object({ path, line: count })), []),
});
export type RunsView = v.InferOutput<typeof RunsView>;
