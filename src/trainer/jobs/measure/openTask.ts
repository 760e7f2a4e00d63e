import { readModelOutline } from '../../../node/model/modelConfig';
import type { Model } from '../../executor/executor';
import type { OpenRequest } from '../../executor/requests';
import { scoreAnswer, type AnswerScore } from '../../method/exactMatch';
import type { Task } from '../../task';
import { Questioner, type EncodedPrompt } from '../generate/questioner';

/** Of lm-evaluation-harness for GSM8K: shots, what ends an answer beside the model's own end, and its longest answer. */
export const OPEN_SHOTS = 5;
const STOPS = ['Question:', '</s>', '<|im_end|>'];
export const OPEN_TOKENS = 256;

interface Exchange {
  readonly question: string;
  readonly answer: string;
}

export interface OpenTaskSettings {
  readonly questions: readonly (Exchange & { readonly where?: string })[];
  /** All of them stand before each question, as far as they fit. */
  readonly examples: readonly Exchange[];
  readonly maxTokens: number;
  /** Questions side by side. */
  readonly batchSize: number;
}

/** A question, and what became of it. */
export interface ScoredAnswer extends AnswerScore {
  readonly question: string;
  readonly expected: string;
  readonly answer: string;
}

/** Questions that a model answers in its own words, greedily: "Question: …" and "Answer:" after examples of the same form. */
export class OpenTask {
  /** Examples before each question, in the mean: fewer than asked for where they do not fit into the context. */
  readonly meanShots: number;
  private readonly questioner: Questioner;
  private readonly prompts: readonly EncodedPrompt[];

  /** @throws AdeptError (input) naming the question that is longer than the context. */
  constructor(
    folder: string,
    private readonly settings: OpenTaskSettings,
  ) {
    const { questions, examples, maxTokens, batchSize } = settings;
    this.questioner = new Questioner(folder, {
      ...{ maxTokens, temperature: 0, topP: 1, seed: 0, batchSize, stopTexts: STOPS, asConversation: false },
    });
    const room = readModelOutline(folder).maxPositionEmbeddings - maxTokens;
    const asked = questions.map(({ question, where }, index) => ({
      ...this.fitting(question, examples, room),
      where: where ?? `question ${index + 1}`,
    }));
    this.meanShots = asked.reduce((sum, { shown }) => sum + shown, 0) / questions.length;
    this.prompts = this.questioner.encode(asked.map(({ content, where }) => ({ content, where })));
  }

  /** Checks that every question fits. @throws as the constructor @returns {@link meanShots} */
  static check(folder: string, settings: OpenTaskSettings): number {
    return new OpenTask(folder, settings).meanShots;
  }

  /** How the model is opened. */
  get request(): OpenRequest {
    return this.questioner.request;
  }

  /**
   * How many questions a model answers right, as {@link scoreAnswer} tells.
   * @param onAnswer told of every question as soon as it is answered
   */
  async ask(
    model: Model,
    onAnswer: (scored: ScoredAnswer) => void,
    task: Task,
  ): Promise<{ readonly strict: number; readonly flexible: number }> {
    const counts = { done: 0, strict: 0, flexible: 0 };
    await this.questioner.ask(
      model,
      this.prompts,
      ({ answer }) => {
        const { question = '', answer: expected = '' } = this.settings.questions[counts.done] ?? {};
        const score = scoreAnswer(answer, expected);
        counts.done += 1;
        counts.strict += score.strictMatch ? 1 : 0;
        counts.flexible += score.flexibleMatch ? 1 : 0;
        onAnswer({ question, expected, answer, ...score });
      },
      task,
    );
    return counts;
  }

  /** The prompt of a question, after as many of the last examples as leave room for its answer. */
  private fitting(
    question: string,
    examples: readonly Exchange[],
    room: number,
  ): { readonly content: string; readonly shown: number } {
    for (let from = 0; ; from += 1) {
      const shown = examples.slice(from);
      const content = [
        ...shown.map((example) => `Question: ${example.question}\nAnswer: ${example.answer}`),
        `Question: ${question}\nAnswer:`,
      ].join('\n\n');
      if (shown.length === 0 || this.questioner.lengthOf(content) <= room) {
        return { content, shown: shown.length };
      }
    }
  }
}
