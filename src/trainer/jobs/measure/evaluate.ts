import { failure } from '../../../shared/common/errors';
import type { ChoiceScore } from '../../../shared/config/runConfig';
import { wilsonInterval } from '../../../shared/common/wilsonInterval';
import { sampleOf, type Sampling } from '../../../shared/settings/sampling';
import { textLoss } from '../../method/loss';
import { batches } from '../../data/sequences/batch';
import { loadQuestions } from '../../data/reading/questions';
import type { Executor } from '../../executor/executor';
import { unchanging, withModel } from '../../executor/withModel';
import { readModelOutline } from '../../../node/model/modelConfig';
import { withoutProgress, type Task } from '../../task';
import type { CorpusFiles } from '../../../shared/texts/texts';
import { tokensOf } from '../../data/sequences/sequences';
import { CorpusReader, type CorpusOptions } from '../texts/corpora';
import { factsOf, type TextFacts } from '../texts/textFacts';
import { answerChoices, CHOICE_SHOTS, type AnsweredChoice } from './answerChoices';

export interface TextEvaluation {
  /** Nats per predicted token. */
  readonly loss: number;
  readonly perplexity: number;
  /** Tokens of all sequences, and those of them that were predicted. */
  readonly tokens: number;
  readonly targets: number;
  readonly sequences: number;
  readonly text: TextFacts;
}

export interface ChoiceEvaluation {
  readonly accuracy: number;
  /** The 95 % Wilson interval of the accuracy. */
  readonly interval: readonly [low: number, high: number];
  /** By answer text: where likelihood is divided by the answer's length. */
  readonly accuracyNormalized?: number;
  readonly score: ChoiceScore;
  /** Answered examples before each question, in the mean: fewer than asked for where they do not fit into the context. */
  readonly meanShots: number;
  readonly questions: number;
  readonly correct: number;
  /** Prompts longer than the model's context, cut at the front. */
  readonly truncated: number;
}

/** Mean next-token loss of a model on a corpus. */
export async function evaluateText(
  executor: Executor,
  folder: string,
  files: CorpusFiles,
  options: CorpusOptions & { readonly batchSize: number },
  task: Task,
): Promise<TextEvaluation> {
  const config = readModelOutline(folder);
  const corpus = await new CorpusReader(folder, config, task).read(files, options, '--data');
  const { loss, targets } = await withModel(executor, unchanging(folder), withoutProgress(task), (model) =>
    textLoss(model, batches(corpus.sequences, options.batchSize), task),
  );
  if (!Number.isFinite(loss)) {
    throw failure(`${folder}: the loss is ${loss}: check the weights for NaN or infinite values.`);
  }
  return {
    loss,
    perplexity: Math.exp(loss),
    tokens: tokensOf(corpus.sequences),
    targets,
    sequences: corpus.sequences.size,
    text: factsOf(corpus),
  };
}

export interface ChoiceOptions {
  readonly maxQuestions?: number | undefined;
  /** Which of them; the first when left out. */
  readonly sampling?: Sampling | undefined;
  /** By letter when left out. */
  readonly score?: ChoiceScore | undefined;
  /** Answered questions to put before each, `shots` of them: five when left out. */
  readonly examples?: readonly string[] | undefined;
  readonly shots?: number | undefined;
}

/** Share of multiple-choice questions whose right answer is the likeliest continuation. */
export async function evaluateChoices(
  executor: Executor,
  folder: string,
  files: readonly string[],
  options: ChoiceOptions,
  task: Task,
  onAnswer: (answered: AnsweredChoice) => void = () => undefined,
): Promise<ChoiceEvaluation> {
  const { maxQuestions, sampling = 'first', score = 'letter', examples: exampleFiles } = options;
  const shots = options.shots ?? (exampleFiles === undefined ? 0 : CHOICE_SHOTS);
  const config = readModelOutline(folder);
  const all = loadQuestions(files, '--data');
  const questions = sampleOf(all, maxQuestions ?? all.length, sampling);
  const examples = shots > 0 && exampleFiles ? loadQuestions(exampleFiles, '--examples') : [];
  const tokenizer = new CorpusReader(folder, config, task).openTokenizer();
  const asked = { questions, score, examples, shots };
  const { correct, correctNormalized, truncated, shown } = await withModel(
    executor,
    unchanging(folder),
    withoutProgress(task),
    (model) => answerChoices(model, tokenizer, asked, onAnswer, task),
  );
  return {
    accuracy: correct / questions.length,
    interval: wilsonInterval(correct, questions.length),
    ...(score === 'text' ? { accuracyNormalized: correctNormalized / questions.length } : {}),
    score,
    meanShots: shown / questions.length,
    questions: questions.length,
    correct,
    truncated,
  };
}
