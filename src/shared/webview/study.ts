import * as v from 'valibot';
import { StudyFile } from '../study/study';

/** What a study panel shows: a study.json. */
export const StudySource = v.object({ file: v.pipe(v.string(), v.minLength(1)) });
export type StudySource = v.InferOutput<typeof StudySource>;

/** From the extension to the page. */
export const ToStudy = v.variant('type', [
  v.object({ type: v.literal('show'), file: v.string(), study: StudyFile }),
  /** The file cannot be shown: why, in a sentence. */
  v.object({ type: v.literal('broken'), message: v.string() }),
]);
export type ToStudy = v.InferOutput<typeof ToStudy>;

/** From the page to the extension. */
export const FromStudy = v.variant('type', [
  /** Show the file itself. */
  v.object({ type: v.literal('openFile') }),
]);
export type FromStudy = v.InferOutput<typeof FromStudy>;

/** There is nothing about a study that a page has to remember. */
export const StudyView = v.object({});
