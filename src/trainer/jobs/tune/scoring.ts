import { existsSync } from 'node:fs';
import { TaskSet, type FixedTask, type TaskScores } from '../../../shared/run/scores';
import { parseWith } from '../../../shared/common/parse';
import { asKeysOf } from '../../../shared/settings/naming';
import { readModelOutline } from '../../../node/model/modelConfig';
import { readJson, writeJson } from '../../../node/files/jsonFile';
import { openTokenizer } from '../../data/tokenizer/tokenizer';
import type { Model } from '../../executor/executor';
import { subtask, type Task } from '../../task';
import { answerChoices } from '../measure/answerChoices';
import { OpenTask } from '../measure/openTask';
import type { SessionParts } from './sessionParts';
import { QUESTIONS_AT_ONCE, taskSetOf } from './taskSet';

type Correct = TaskScores['correct'];

/** A task that a model can be asked. */
interface OpenedTask {
  readonly name: string;
  readonly questions: number;
  /** Steps between measurements; undefined: at every evaluation. */
  readonly every: number | undefined;
  readonly ask: (model: Model, task: Task) => Promise<Correct>;
}

/** Has the model of a run answer its tasks as it is at a step, and logs how many it gets right. */
export class Scoring {
  private constructor(
    private readonly parts: SessionParts,
    private readonly tasks: readonly OpenedTask[],
  ) {}

  /**
   * Of a run that has tasks; their questions are written down the first time, and asked from then on, whatever becomes of their
   * files.
   * @throws AdeptError (input) naming the file that is damaged, or the question.
   */
  static open(parts: SessionParts): Scoring | undefined {
    const { evalTasks, model } = parts.input.spec;
    if (evalTasks === undefined) {
      return undefined;
    }
    const { folder } = parts.lease;
    const file = folder.file('tasks');
    if (!existsSync(file)) {
      writeJson(file, taskSetOf(model, evalTasks, asKeysOf(folder.file('spec'))));
    }
    const set = parseWith(TaskSet, readJson(file), file);
    const every = new Map(evalTasks.map((task) => [task.name, task.every]));
    return new Scoring(
      parts,
      set.tasks.map((task) => ({
        ...{ name: task.name, questions: task.questions.length, every: every.get(task.name) },
        ask: task.format === 'choices' ? choicesAsked(model, task) : openAsked(model, task),
      })),
    );
  }

  /**
   * Scores the tasks whose turn it is.
   * @param evaluates whether losses are evaluated at this step
   * @param all whatever the step
   * @param done tasks that have their scores of this step
   */
  async score(evaluates: boolean, all: boolean, done?: ReadonlySet<string>): Promise<void> {
    const { state, lease, model } = this.parts;
    const due = this.tasks.filter(
      ({ name, every }) =>
        done?.has(name) !== true && (all || (every === undefined ? evaluates : state.step % every === 0)),
    );
    const whole = lease.phaseTask('evaluating');
    for (const [index, { name, questions, ask }] of due.entries()) {
      const begin = performance.now();
      const task = subtask(whole, index / due.length, (index + 1) / due.length, `${name},`);
      const correct = await ask(model, task);
      const seconds = (performance.now() - begin) / 1000;
      lease.emit({ type: 'scores', step: state.step, task: name, questions, correct, seconds });
    }
  }
}

function choicesAsked(folder: string, task: Extract<FixedTask, { format: 'choices' }>): OpenedTask['ask'] {
  const tokenizer = openTokenizer(folder, readModelOutline(folder).vocabSize);
  return async (model, progress) => {
    const ignore = (): void => undefined;
    const { correct, correctNormalized } = await answerChoices(model, tokenizer, task, ignore, progress);
    return [
      { metric: 'accuracy', count: correct },
      ...(task.score === 'text' ? [{ metric: 'accuracyNormalized' as const, count: correctNormalized }] : []),
    ];
  };
}

function openAsked(folder: string, task: Extract<FixedTask, { format: 'generate' }>): OpenedTask['ask'] {
  const open = new OpenTask(folder, { ...task, batchSize: QUESTIONS_AT_ONCE });
  return async (model, progress) => {
    const { strict, flexible } = await open.ask(model, () => undefined, progress);
    return [
      { metric: 'strictMatch', count: strict },
      { metric: 'flexibleExtract', count: flexible },
    ];
  };
}
