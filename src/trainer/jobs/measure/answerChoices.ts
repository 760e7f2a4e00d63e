import type { ChoiceScore } from '../../../shared/config/runConfig';
import { choicePrompt, examplesFor, type QuestionParts } from '../../data/reading/questions';
import type { Tokenizer } from '../../data/tokenizer/tokenizer';
import type { Model } from '../../executor/executor';
import { answerByLikelihood, encodePrompt } from '../../method/multipleChoice';
import { yieldToEventLoop, type Task } from '../../task';

/** As MMLU is reported. */
export const CHOICE_SHOTS = 5;

/** Multiple-choice questions, and how they are put. */
export interface ChoiceTask {
  readonly questions: readonly QuestionParts[];
  readonly score: ChoiceScore;
  /** Answered questions, of which `shots` stand before each. */
  readonly examples: readonly QuestionParts[];
  readonly shots: number;
}

/** What the model takes for the answer to a question. */
export interface AnsweredChoice extends Pick<QuestionParts, 'question' | 'choices' | 'answer'> {
  /** Index of the likeliest choice, and of the likeliest for its length. */
  readonly choice: number;
  readonly normalizedChoice: number;
}

/** How many questions are answered rightly, how many prompts were cut, and the examples that were shown in all. */
export async function answerChoices(
  model: Model,
  tokenizer: Tokenizer,
  { questions, score, examples, shots }: ChoiceTask,
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
      examplesFor(question, examples, shots),
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
  question: QuestionParts,
  score: ChoiceScore,
  examples: readonly QuestionParts[],
  fits: (text: string) => boolean,
): readonly QuestionParts[] {
  for (let from = 0; from < examples.length; from++) {
    const shown = examples.slice(from);
    const { prompt, continuations } = choicePrompt(question, score, shown);
    if (continuations.every((text) => fits(prompt + text))) {
      return shown;
    }
  }
  return [];
}
