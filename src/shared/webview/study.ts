import * as v from 'valibot';
import { StudyFile } from '../study/study';

const StudyRunName = v.object({ arm: v.string(), seed: v.pipe(v.number(), v.integer(), v.minValue(0)) });

/** What a study panel shows: a study.json. */
export const StudySource = v.object({ file: v.pipe(v.string(), v.minLength(1)) });
export type StudySource = v.InferOutput<typeof StudySource>;

/** What is being done for the study, as long as this window knows of it. */
const StudyActivity = v.object({
  /** Of the whole study, 0 to 1; null before it is known. */
  fraction: v.nullable(v.number()),
  message: v.string(),
});

/** From the extension to the page. */
export const ToStudy = v.variant('type', [
  v.object({
    type: v.literal('show'),
    file: v.string(),
    study: StudyFile,
    /** Runs whose folders are there, done or not. */
    openable: v.optional(v.array(StudyRunName), []),
  }),
  /** Nothing is written yet. */
  v.object({ type: v.literal('begin'), file: v.string() }),
  v.object({
    type: v.literal('activity'),
    /** Null when nothing is being done. */
    activity: v.nullable(StudyActivity),
    /** Whether it could be run: the file that describes it was found, and the workspace is trusted. */
    canRun: v.boolean(),
  }),
  /** The file cannot be shown: why, in a sentence. */
  v.object({ type: v.literal('broken'), message: v.string() }),
]);
export type ToStudy = v.InferOutput<typeof ToStudy>;

/** From the page to the extension. */
export const FromStudy = v.variant('type', [
  /** Show the file itself. */
  v.object({ type: v.literal('openFile') }),
  /** Show a run of this arm; asked which where there are several. */
  v.object({ type: v.literal('openRun'), arm: v.string() }),
  /** Run the study, or go on with it. */
  v.object({ type: v.literal('run') }),
  v.object({ type: v.literal('stop') }),
]);
export type FromStudy = v.InferOutput<typeof FromStudy>;

/** There is nothing about a study that a page has to remember. */
export const StudyView = v.object({});
