import type { FixedTask, TaskSet } from '../../../shared/run/scores';
import { TASK_QUESTIONS, type EvalTask } from '../../../shared/config/runConfig';
import { inputError } from '../../../shared/common/errors';
import type { Naming } from '../../../shared/settings/naming';
import { sampleOf } from '../../../shared/settings/sampling';
import { readModelOutline } from '../../../node/model/modelConfig';
import { loadOpenQuestions } from '../../data/reading/openQuestions';
import { loadQuestions, type QuestionParts } from '../../data/reading/questions';
import { CHOICE_SHOTS } from '../measure/answerChoices';
import { OPEN_SHOTS, OPEN_TOKENS, OpenTask } from '../measure/openTask';

/** Questions side by side, where answers are generated. */
export const QUESTIONS_AT_ONCE = 16;

/**
 * The questions that a run is scored by, as its files have them now.
 * @param folder of the model, whose context they have to fit into
 * @throws AdeptError (input) naming the file and the question.
 */
export function taskSetOf(folder: string, tasks: readonly EvalTask[], naming: Naming): TaskSet {
  return {
    format: 'adept.tasks/1',
    tasks: tasks.map((task, index) => {
      const key = `evalTasks[${index}]`;
      return task.format === 'choices' ? choiceTask(task, key, naming) : openTask(folder, task, key, naming);
    }),
  };
}

function choiceTask(task: Extract<EvalTask, { format: 'choices' }>, key: string, naming: Naming): FixedTask {
  const { name, score = 'letter' } = task;
  return {
    ...{ format: 'choices', name, score, shots: shotsOf(task, CHOICE_SHOTS, key, naming) },
    questions: chosen(task, loadQuestions(task.files, naming.label(`${key}.files`))).map(asked),
    examples: loadExamples(task, key, naming, loadQuestions).map(asked),
  };
}

function openTask(
  folder: string,
  task: Extract<EvalTask, { format: 'generate' }>,
  key: string,
  naming: Naming,
): FixedTask {
  const { name, maxTokens = OPEN_TOKENS } = task;
  const { maxPositionEmbeddings: positions } = readModelOutline(folder);
  if (maxTokens >= positions) {
    throw inputError(
      `${naming.label(`${key}.maxTokens`)}: ${maxTokens} tokens leave no room for a question among the model's ${positions} positions: lower it.`,
    );
  }
  const questions = chosen(task, loadOpenQuestions(task.files, naming.label(`${key}.files`)));
  const shots = shotsOf(task, OPEN_SHOTS, key, naming);
  const examples = loadExamples(task, key, naming, loadOpenQuestions).slice(0, shots);
  // Says which question is too long before anything is computed.
  OpenTask.check(folder, { questions, examples, maxTokens, batchSize: QUESTIONS_AT_ONCE });
  const exchange = ({ question, answer }: (typeof questions)[number]): FixedExchange => ({
    question,
    answer,
  });
  return {
    ...{ format: 'generate', name, maxTokens },
    ...{ questions: questions.map(exchange), examples: examples.map(exchange) },
  };
}

type FixedExchange = Extract<FixedTask, { format: 'generate' }>['examples'][number];

/** The parts of a question that are asked. */
function asked({ subject, question, choices, answer }: QuestionParts): QuestionParts & { choices: string[] } {
  return { ...(subject === undefined ? {} : { subject }), question, choices: [...choices], answer };
}

function chosen<T>({ maxQuestions, sampling = 'spread' }: EvalTask, all: readonly T[]): readonly T[] {
  return sampleOf(all, maxQuestions ?? TASK_QUESTIONS, sampling);
}

function loadExamples<T>(
  { examples }: EvalTask,
  key: string,
  naming: Naming,
  load: (files: readonly string[], field: string) => readonly T[],
): readonly T[] {
  return examples === undefined ? [] : load(examples, naming.label(`${key}.examples`));
}

function shotsOf({ shots, examples }: EvalTask, usual: number, key: string, naming: Naming): number {
  if (examples === undefined && shots !== undefined && shots > 0) {
    throw inputError(
      `${naming.label(`${key}.shots`)}: needs ${naming.name(`${key}.examples`)}: name answered questions.`,
    );
  }
  return examples === undefined ? 0 : (shots ?? usual);
}
