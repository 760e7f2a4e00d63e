import { readModelOutline } from '../../../node/model/modelConfig';
import { wilsonInterval } from '../../../shared/common/wilsonInterval';
import { sampleOf, type Sampling } from '../../../shared/settings/sampling';
import { loadOpenQuestions, type OpenQuestion } from '../../data/reading/openQuestions';
import type { Executor } from '../../executor/executor';
import { withModel } from '../../executor/withModel';
import type { FilePrompt } from '../../generation/promptFile';
import { scoreAnswer, type AnswerScore } from '../../method/exactMatch';
import { withoutProgress, type Task } from '../../task';
import { Questioner } from '../generate/questioner';

/** Of lm-evaluation-harness for GSM8K: shots, what ends an answer beside the model's own end, and its longest answer. */
const SHOTS = 5;
const STOPS = ['Question:', '</s>', '<|im_end|>'];
const MAX_TOKENS = 256;

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

/** A question, and what became of it. */
export interface ScoredAnswer extends AnswerScore {
  readonly question: string;
  readonly expected: string;
  readonly answer: string;
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
  const shots = options.shots ?? (exampleFiles === undefined ? 0 : SHOTS);
  const examples =
    exampleFiles === undefined ? [] : loadOpenQuestions(exampleFiles, '--examples').slice(0, shots);
  const maxTokens = options.maxTokens ?? MAX_TOKENS;
  const questioner = new Questioner(folder, {
    ...{ maxTokens, temperature: 0, topP: 1, seed: 0, batchSize, stopTexts: STOPS, asConversation: false },
  });
  const room = readModelOutline(folder).maxPositionEmbeddings - maxTokens;
  const asked = questions.map((question) => fitting(questioner, question, examples, room));
  const prompts = questioner.encode(asked.map(({ prompt }) => prompt));
  const counts = { done: 0, strict: 0, flexible: 0 };
  await withModel(executor, questioner.request, withoutProgress(task), (model) =>
    questioner.ask(
      model,
      prompts,
      ({ answer }) => {
        const { question = '', answer: expected = '' } = questions[counts.done] ?? {};
        const score = scoreAnswer(answer, expected);
        counts.done += 1;
        counts.strict += score.strictMatch ? 1 : 0;
        counts.flexible += score.flexibleMatch ? 1 : 0;
        onAnswer({ question, expected, answer, ...score });
      },
      task,
    ),
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
    meanShots: asked.reduce((sum, { shown }) => sum + shown, 0) / total,
  };
}

/** The prompt of a question, after as many of the last examples as leave room for its answer. */
function fitting(
  questioner: Questioner,
  { question, where }: OpenQuestion,
  examples: readonly OpenQuestion[],
  room: number,
): { readonly prompt: FilePrompt; readonly shown: number } {
  for (let from = 0; ; from += 1) {
    const shown = examples.slice(from);
    const content = [
      ...shown.map((example) => `Question: ${example.question}\nAnswer: ${example.answer}`),
      `Question: ${question}\nAnswer:`,
    ].join('\n\n');
    if (shown.length === 0 || questioner.lengthOf(content) <= room) {
      return { prompt: { content, where }, shown: shown.length };
    }
  }
}
