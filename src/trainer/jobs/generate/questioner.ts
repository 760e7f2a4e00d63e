import type { AnswerEnd } from '../../../shared/run/answers';
import { readModelOutline } from '../../../node/model/modelConfig';
import type { Model } from '../../executor/executor';
import type { OpenRequest } from '../../executor/requests';
import { generating } from '../../executor/withModel';
import { ChatTemplate } from '../../data/reading/chatTemplate';
import { openTokenizer, type Tokenizer } from '../../data/tokenizer/tokenizer';
import { continuePrompts, type ContinuationSettings } from '../../generation/continuation';
import { PromptEncoder } from '../../generation/promptEncoder';
import type { FilePrompt, PromptContent } from '../../generation/promptFile';
import { encodePrompt } from '../../method/multipleChoice';
import { readStopTokens } from '../../generation/stopTokens';
import { subtask, type Task } from '../../task';

export interface AnswerSettings extends Omit<ContinuationSettings, 'stopTokens'> {
  /** Texts that end an answer, and are no part of it. */
  readonly stopTexts: readonly string[];
  /** Prompts side by side. */
  readonly batchSize: number;
  /** Whether a text is what a user says in a conversation. */
  readonly asConversation: boolean;
}

/** What a model answers to one prompt. */
export interface ModelAnswer {
  readonly prompt: PromptContent;
  readonly answer: string;
  readonly finish: AnswerEnd;
  /** Of the prompt. */
  readonly promptTokens: number;
  /** Of the answer, with what belongs to a text that ended it. */
  readonly ids: readonly number[];
}

/** What the files of a model's folder make of prompts and answers; read once for any settings. */
export interface FolderTexts {
  readonly tokenizer: Tokenizer;
  readonly chat: ChatTemplate;
  readonly stopTokens: ReadonlySet<number>;
  /** Of the model. */
  readonly maxPositions: number;
}

/** @throws AdeptError (input) that names a file. */
export function readFolderTexts(folder: string): FolderTexts {
  const { vocabSize, maxPositionEmbeddings: maxPositions } = readModelOutline(folder);
  const tokenizer = openTokenizer(folder, vocabSize);
  return {
    ...{ tokenizer, chat: ChatTemplate.open(folder), maxPositions },
    stopTokens: readStopTokens(folder, tokenizer.eosId),
  };
}

/** A prompt that was checked. */
export interface EncodedPrompt extends FilePrompt {
  readonly ids: Int32Array;
  readonly number: number;
}

/** Asks models of one folder's kind: what its tokenizer, chat template and stop tokens make of prompts and answers. */
export class Questioner {
  /** How the model is opened. */
  readonly request: OpenRequest;
  private readonly encoder: PromptEncoder;

  /**
   * @param texts of the folder, where they were read already
   * @throws AdeptError (input) that names a file.
   */
  constructor(
    folder: string,
    private readonly settings: AnswerSettings,
    private readonly texts: FolderTexts = readFolderTexts(folder),
  ) {
    this.request = generating(folder, settings.batchSize);
    this.encoder = new PromptEncoder({ ...texts, asConversation: settings.asConversation });
  }

  /** Encodes prompts before anything is computed. @throws AdeptError (input) as {@link PromptEncoder.encode} */
  encode(prompts: readonly FilePrompt[]): EncodedPrompt[] {
    return prompts.map((prompt, number) => ({ ...prompt, ids: this.encoder.encode(prompt), number }));
  }

  /** Tokens of a text as a prompt. */
  lengthOf(text: string): number {
    return encodePrompt(this.texts.tokenizer, text).length;
  }

  /**
   * Asks a model, batch by batch, and tells every answer as soon as its batch has ended.
   * @param onToken told of the tokens of an answer with each that is added
   * @throws Cancelled when the task was cancelled, between two tokens; answers that were told stay.
   */
  async ask(
    model: Model,
    prompts: readonly EncodedPrompt[],
    onAnswer: (answer: ModelAnswer) => void,
    task: Task,
    onToken: (prompt: EncodedPrompt, ids: readonly number[]) => void = () => undefined,
  ): Promise<void> {
    const { batchSize } = this.settings;
    for (let begin = 0; begin < prompts.length; begin += batchSize) {
      const some = prompts.slice(begin, begin + batchSize);
      const end = begin + some.length;
      const part = subtask(
        task,
        begin / prompts.length,
        end / prompts.length,
        `prompts ${begin + 1} to ${end} of ${prompts.length},`,
      );
      for (const answer of await this.answers(model, some, part, onToken)) {
        onAnswer(answer);
      }
    }
  }

  private async answers(
    model: Model,
    prompts: readonly EncodedPrompt[],
    task: Task,
    onToken: (prompt: EncodedPrompt, ids: readonly number[]) => void,
  ): Promise<ModelAnswer[]> {
    const { settings } = this;
    const { stopTokens } = this.texts;
    const { stopTexts } = settings;
    // Every token stands for one byte at least: what a token completes lies within as many.
    const reach = Math.max(0, ...stopTexts.map((text) => Buffer.byteLength(text)));
    const continued = await continuePrompts(model, prompts, { ...settings, stopTokens }, task, (row, ids) => {
      const prompt = prompts[row];
      if (prompt !== undefined) {
        onToken(prompt, ids);
      }
      const tail = reach === 0 ? '' : this.textOf(prompt, ids, Math.max(0, ids.length - reach));
      return stopTexts.some((text) => tail.includes(text));
    });
    return continued.map(({ ids, finish }, row) => ({
      prompt: prompts[row]?.content ?? '',
      answer: this.said(prompts[row], ids),
      finish,
      promptTokens: prompts[row]?.ids.length ?? 0,
      ids,
    }));
  }

  /** What the tokens of an answer say, up to a text that ends it. */
  said(prompt: EncodedPrompt | undefined, ids: readonly number[]): string {
    return cutAt(this.textOf(prompt, ids), this.settings.stopTexts);
  }

  /** The text that tokens are, as they continue others. */
  text(before: Int32Array, ids: readonly number[]): string {
    return this.encoder.decode(before, ids);
  }

  /** The text of an answer from one of its tokens on. */
  private textOf(prompt: EncodedPrompt | undefined, ids: readonly number[], from = 0): string {
    return prompt === undefined ? '' : this.encoder.decode(prompt.ids, ids, from);
  }
}

/** The text before the first of the texts that end it. */
function cutAt(text: string, stopTexts: readonly string[]): string {
  const ends = stopTexts.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}
