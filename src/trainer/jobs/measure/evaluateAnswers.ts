import { wilsonInterval } from '../../../shared/common/wilsonInterval';
import { sampleOf, type Sampling } from '../../../shared/settings/sampling';
import { loadOpenQuestions } from '../../data/reading/openQuestions';
import type { Executor } from '../../executor/executor';
import { withModel } from '../../executor/withModel';
import { withoutProgress, type Task } from '../../task';
import { OPEN_SHOTS, OPEN_TOKENS, OpenTask, type ScoredAnswer } from './openTask';

export interface OpenEvaluationOptions {
  readonly maxQuestions?: number | undefined;
  readonly sampling?: Sampling | undefined;
  /** Questions with answers to put before each, the first `shots` of them: five when left out. */
  readonly examples?: readonly string[] | undefined;
  readonly shots?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** Questions side by side. */
  readonly batchSize: number;
}

export interface OpenEvaluation {
  /** Shares of right answers, with their 95 % confidence intervals. */
  readonly strictMatch: number;
  readonly strictInterval: readonly [number, number];
  readonly flexibleExtract: number;
  readonly flexibleInterval: readonly [number, number];
  readonly questions: number;
  readonly strictCorrect: number;
  readonly flexibleCorrect: number;
  /** Examples before each question, in the mean: fewer than asked for where they do not fit into the context. */
  readonly meanShots: number;
}

/**
 * Share of questions that a model answers right in its own words, greedily, as lm-evaluation-harness measures GSM8K: "Question: …"
 * and "Answer:" after examples of the same form.
 * @param onAnswer told of every question as soon as it is answered
 */
export async function evaluateAnswers(
  executor: Executor,
  folder: string,
  files: readonly string[],
  options: OpenEvaluationOptions,
  onAnswer: (scored: ScoredAnswer) => void,
  task: Task,
): Promise<OpenEvaluation> {
  const { maxQuestions, sampling = 'first', examples: exampleFiles, batchSize } = options;
  const all = loadOpenQuestions(files, '--data');
  const questions = sampleOf(all, maxQuestions ?? all.length, sampling);
  const shots = options.shots ?? (exampleFiles === undefined ? 0 : OPEN_SHOTS);
  const examples =
    exampleFiles === undefined ? [] : loadOpenQuestions(exampleFiles, '--examples').slice(0, shots);
  const maxTokens = options.maxTokens ?? OPEN_TOKENS;
  const asked = new OpenTask(folder, { questions, examples, maxTokens, batchSize });
  const counts = await withModel(executor, asked.request, withoutProgress(task), (model) =>
    asked.ask(model, onAnswer, task),
  );
  const total = questions.length;
  return {
    strictMatch: counts.strict / total,
    strictInterval: wilsonInterval(counts.strict, total),
    flexibleExtract: counts.flexible / total,
    flexibleInterval: wilsonInterval(counts.flexible, total),
    questions: total,
    strictCorrect: counts.strict,
    flexibleCorrect: counts.flexible,
    meanShots: asked.meanShots,
  };
}
