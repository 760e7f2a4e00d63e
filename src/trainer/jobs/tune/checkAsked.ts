import type { RunSpec } from '../../../shared/run/runFolder';
import type { Naming } from '../../../shared/settings/naming';
import { promptSetOf } from './promptSet';
import { taskSetOf } from './taskSet';

/**
 * Checks what the model of a run will be asked as it goes on, before anything is written or computed.
 * @throws AdeptError (input) naming the file, and the prompt or question.
 */
export function checkAsked(
  { model, answers, evalTasks }: Pick<RunSpec, 'model' | 'answers' | 'evalTasks'>,
  naming: Naming,
): void {
  if (answers !== undefined) {
    promptSetOf(model, answers, undefined, naming);
  }
  if (evalTasks !== undefined) {
    taskSetOf(model, evalTasks, naming);
  }
}
