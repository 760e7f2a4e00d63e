import { extname } from 'node:path';
import { inputError, messageOf } from '../../shared/common/errors';
import { chatMessages, type ChatMessage } from '../data/reading/chatMessages';
import { parseLenientJson } from '../data/reading/lenientJson';
import { CHAT_COLUMNS, isObject } from '../data/reading/rowColumns';
import { readLines, readText } from '../data/reading/textFile';

/** What a model is asked to continue: a text, or a conversation to which it gives the next turn. */
export type PromptContent = string | readonly ChatMessage[];

export interface FilePrompt {
  readonly content: PromptContent;
  /** File and line or entry, for errors. */
  readonly where: string;
}

const TEXT_KEYS = ['prompt', 'text', 'question', 'instruction'] as const;
const FORMS = '"…", {"prompt": "…"} or {"messages": [{"role", "content"}]}';

/**
 * Reads prompts: a line of a text file each, or an entry of .jsonl or .json each: a string, {"prompt"} (a text or a list of
 * turns), {"text"}, {"question"}, {"instruction", "input"?}, {"messages"} or {"conversations"}. Blank lines are passed over. An
 * answer that a conversation ends with is left out: it is what the model is to give.
 * @param field what to name in errors, for example `--prompts`
 * @throws AdeptError (input) that names the file and the line or entry.
 */
export function readPrompts(file: string, field: string): FilePrompt[] {
  const where = `${field} ${file}`;
  const prompts = [...entriesOf(file, where)];
  if (prompts.length === 0) {
    throw inputError(`${where}: holds no prompt: write one a line.`);
  }
  return prompts;
}

function* entriesOf(file: string, where: string): Generator<FilePrompt> {
  switch (extname(file).toLowerCase()) {
    case '.json': {
      const list = parsed(readText(file, where), where);
      if (!Array.isArray(list)) {
        throw inputError(`${where}: is not a list: write a list of prompts, or one a line as .jsonl.`);
      }
      for (const [index, entry] of (list as unknown[]).entries()) {
        const here = `${where}: entry ${index + 1}`;
        yield { content: contentOf(entry, here), where: here };
      }
      return;
    }
    case '.jsonl':
      for (const { text, number } of readLines(file, where)) {
        if (text.trim() !== '') {
          const here = `${where}: line ${number}`;
          yield { content: contentOf(parsed(text, here), here), where: here };
        }
      }
      return;
    default:
      for (const { text, number } of readLines(file, where)) {
        if (text.trim() !== '') {
          yield { content: text, where: `${where}: line ${number}` };
        }
      }
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return parseLenientJson(text);
  } catch (error) {
    throw inputError(`${where}: is not JSON (${messageOf(error)}): correct it.`, error);
  }
}

function contentOf(entry: unknown, where: string): PromptContent {
  if (typeof entry === 'string') {
    return entry;
  }
  if (!isObject(entry)) {
    throw inputError(`${where}: is no prompt: write ${FORMS}.`);
  }
  const chat = CHAT_COLUMNS.find((key) => Object.hasOwn(entry, key));
  if (chat !== undefined) {
    return questionOf(chatMessages(entry[chat], chat, where), where);
  }
  const key = TEXT_KEYS.find((name) => Object.hasOwn(entry, name));
  if (key === undefined) {
    throw inputError(
      `${where}: has no prompt (its keys: ${Object.keys(entry).slice(0, 6).join(', ')}): write ${FORMS}.`,
    );
  }
  const value = entry[key];
  if (key === 'prompt' && Array.isArray(value)) {
    return questionOf(chatMessages(value, key, where), where);
  }
  if (typeof value !== 'string') {
    throw inputError(`${where}: "${key}" is not a string: write it in quotes.`);
  }
  const { input } = entry;
  return key === 'instruction' && typeof input === 'string' && input.trim() !== ''
    ? `${value}\n${input}`
    : value;
}

/** The turns up to the answer. */
function questionOf(messages: readonly ChatMessage[], where: string): readonly ChatMessage[] {
  const asked = messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages;
  if (asked.length === 0) {
    throw inputError(`${where}: asks nothing: write a turn of the user.`);
  }
  return asked;
}
