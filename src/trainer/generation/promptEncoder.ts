import { inputError, messageOf } from '../../shared/common/errors';
import type { ChatMessage } from '../data/reading/chatMessages';
import type { ChatTemplate } from '../data/reading/chatTemplate';
import type { Tokenizer } from '../data/tokenizer/tokenizer';
import { encodePrompt } from '../method/multipleChoice';
import type { FilePrompt } from './promptFile';
import { withTimeLimit } from './timeLimit';

/** A template that takes longer does not end. */
const TEMPLATE_MILLISECONDS = 2000;
/** Of a prompt's end so many tokens show how what follows is to be read: some tokenizers begin a text otherwise. */
const TOKENS_BEFORE = 8;

export interface PromptEncoderOptions {
  readonly tokenizer: Tokenizer;
  readonly chat: ChatTemplate;
  /** Whether a text is what a user says in a conversation. */
  readonly asConversation: boolean;
  /** Of the model. */
  readonly maxPositions: number;
}

/** Prompts as token ids, and answers as text. */
export class PromptEncoder {
  constructor(private readonly options: PromptEncoderOptions) {}

  /**
   * Token ids of a prompt: a text with the start of a text that the tokenizer sets, a conversation through the chat template.
   * @throws AdeptError (input) naming the prompt that is empty, too long, or refused by the template.
   */
  encode({ content, where }: FilePrompt): Int32Array {
    const { tokenizer, asConversation, maxPositions } = this.options;
    const ids =
      typeof content === 'string' && !asConversation
        ? encodePrompt(tokenizer, content)
        : this.encodeTurns(typeof content === 'string' ? [{ role: 'user', content }] : content, where);
    if (ids.length === 0) {
      throw inputError(`${where}: is empty, and the tokenizer puts nothing before a text: write a prompt.`);
    }
    if (ids.length > maxPositions) {
      throw inputError(
        `${where}: has ${ids.length} tokens, more than the model's ${maxPositions} positions: shorten it.`,
      );
    }
    return Int32Array.from(ids);
  }

  /**
   * The text of an answer, as it continues its prompt; without tokens that stand for no text.
   * @param from the token of the answer with which the text begins
   */
  decode(prompt: Int32Array, answer: readonly number[], from = 0): string {
    const { tokenizer } = this.options;
    const said = (ids: readonly number[]): string =>
      tokenizer.decode(ids.filter((id) => !tokenizer.isSpecial(id)));
    const before = [
      ...prompt.subarray(-TOKENS_BEFORE),
      ...answer.slice(Math.max(0, from - TOKENS_BEFORE), from),
    ].slice(-TOKENS_BEFORE);
    const rest = answer.slice(from);
    const [start, whole] = [said(before), said([...before, ...rest])];
    return whole.startsWith(start) ? whole.slice(start.length) : said(rest);
  }

  private encodeTurns(turns: readonly ChatMessage[], where: string): number[] {
    const { chat, tokenizer } = this.options;
    try {
      const text = withTimeLimit(TEMPLATE_MILLISECONDS, () => chat.render(turns, { forAnswer: true }));
      // A template writes the start of a text itself.
      return chat.kind === 'template' ? tokenizer.encode(text) : encodePrompt(tokenizer, text);
    } catch (error) {
      throw inputError(
        `${where}: the chat template refuses the conversation (${messageOf(error)}): correct the prompt or the template.`,
        error,
      );
    }
  }
}
