import { failure } from '../../../shared/common/errors';
import type { ChoiceScore } from '../../../shared/config/runConfig';
import { wilsonInterval } from '../../../shared/common/wilsonInterval';
import { sampleOf, type Sampling } from '../../../shared/settings/sampling';
import { textLoss } from '../../method/loss';
import { batches } from '../../data/sequences/batch';
import { choicePrompt, examplesFor, loadQuestions, type Question } from '../../data/reading/questions';
import type { Executor, Model } from '../../executor/executor';
import { unchanging, withModel } from '../../executor/withModel';
import { readModelOutline } from '../../../node/model/modelConfig';
import { withoutProgress, yieldToEventLoop, type Task } from '../../task';
import { answerByLikelihood, encodePrompt } from '../../method/multipleChoice';
import type { CorpusFiles } from '../../../shared/texts/texts';
import { tokensOf } from '../../data/sequences/sequences';
import type { Tokenizer } from '../../data/tokenizer/tokenizer';
import { CorpusReader, type CorpusOptions } from '../texts/corpora';
import { factsOf, type TextFacts } from '../texts/textFacts';

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

/** As MMLU is reported. */
const USUAL_SHOTS = 5;

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

/** What the model takes for the answer to a question. */
export interface AnsweredChoice extends Pick<Question, 'question' | 'choices' | 'answer'> {
  /** Index of the likeliest choice, and of the likeliest for its length. */
  readonly choice: number;
  readonly normalizedChoice: number;
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
  const shots = options.shots ?? (exampleFiles === undefined ? 0 : USUAL_SHOTS);
  const config = readModelOutline(folder);
  const all = loadQuestions(files, '--data');
  const questions = sampleOf(all, maxQuestions ?? all.length, sampling);
  const examples = shots > 0 && exampleFiles ? loadQuestions(exampleFiles, '--examples') : [];
  const tokenizer = new CorpusReader(folder, config, task).openTokenizer();
  const asked = { tokenizer, questions, score, shown: (of: Question) => examplesFor(of, examples, shots) };
  const { correct, correctNormalized, truncated, shown } = await withModel(
    executor,
    unchanging(folder),
    withoutProgress(task),
    (model) => answers(model, asked, onAnswer, task),
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

interface Asked {
  readonly tokenizer: Tokenizer;
  readonly questions: readonly Question[];
  readonly score: ChoiceScore;
  /** Examples that may be put before a question. */
  readonly shown: (question: Question) => readonly Question[];
}

/** How many questions are answered rightly, how many prompts were cut, and the examples that were shown in all. */
async function answers(
  model: Model,
  { tokenizer, questions, score, shown: examplesOf }: Asked,
  onAnswer: (answered: AnsweredChoice) => void,
  task: Task,
): Promise<Record<'correct' | 'correctNormalized' | 'truncated' | 'shown', number>> {
  const counts = { correct: 0, correctNormalized: 0, truncated: 0, shown: 0 };
  for (const [index, question] of questions.entries()) {
    task.report(index / questions.length, `question ${index + 1} of ${questions.length}`);
    await yieldToEventLoop(task);
    const shown = fitting(
      question,
      score,
      examplesOf(question),
      (text) => encodePrompt(tokenizer, text).length <= model.config.maxPositionEmbeddings,
    );
    const { choice, normalizedChoice, truncated } = await answerByLikelihood(
      model,
      tokenizer,
      choicePrompt(question, score, shown),
    );
    const { question: text, choices, answer } = question;
    onAnswer({ question: text, choices, answer, choice, normalizedChoice });
    counts.correct += choice === answer ? 1 : 0;
    counts.correctNormalized += normalizedChoice === answer ? 1 : 0;
    counts.truncated += truncated ? 1 : 0;
    counts.shown += shown.length;
  }
  return counts;
}

/** As many of the last examples as fit into the context with the question and its longest answer. */
function fitting(
  question: Question,
  score: ChoiceScore,
  examples: readonly Question[],
  fits: (text: string) => boolean,
): readonly Question[] {
  for (let from = 0; from < examples.length; from++) {
    const shown = examples.slice(from);
    const { prompt, continuations } = choicePrompt(question, score, shown);
    if (continuations.every((text) => fits(prompt + text))) {
      return shown;
    }
  }
  return [];
}
