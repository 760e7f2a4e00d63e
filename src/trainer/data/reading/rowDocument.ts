import { type AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { type ChatMessage, chatMessages, contentOf } from './chatMessages';
import type { ChatTemplate } from './chatTemplate';
import {
  CHAT_COLUMNS,
  JOINED_COLUMNS,
  ROW_FORMS,
  TEXT_COLUMNS,
  TOKEN_COLUMNS,
  isList,
  isObject,
} from './rowColumns';

/** What token ids have to fit. */
export interface TokenLimits {
  readonly vocabSize: number;
  readonly maxPositions?: number | undefined;
}

/** What a row is in a corpus. */
export type RowContent =
  | { readonly kind: 'text'; readonly text: string; readonly chat?: true }
  | { readonly kind: 'tokens'; readonly tokens: Int32Array }
  | { readonly kind: 'skipped'; readonly reason: 'null' | 'empty' | 'short' };

/** How rows become documents. */
export interface DocumentOptions {
  /** The column that holds the text, also within another (`a.b`); otherwise it is found by its name. */
  readonly textColumn?: string | undefined;
  readonly chat: ChatTemplate;
  readonly limits: TokenLimits;
}

const NULL = { kind: 'skipped', reason: 'null' } as const;
const FEWEST_TOKENS = 2;

/**
 * The document of a row of any known form.
 * @param where names file and row in errors
 * @throws AdeptError (input) if the row has no known form, or a value is not what its column says.
 */
export function rowDocument(row: unknown, options: DocumentOptions, where: string): RowContent {
  if (!isObject(row)) {
    throw inputError(`${where}: is not an object: write ${ROW_FORMS}.`);
  }
  const { textColumn } = options;
  if (textColumn !== undefined) {
    return namedColumn(valueAt(row, textColumn, where), textColumn, options, where);
  }
  const tokens = TOKEN_COLUMNS.find((column) => isList(row[column]));
  if (tokens !== undefined) {
    return tokenRow(row[tokens], tokens, options.limits, where);
  }
  const column = [...TEXT_COLUMNS, ...CHAT_COLUMNS].find((name) => Object.hasOwn(row, name));
  if (column !== undefined) {
    return knownColumn(row[column], column, options, where);
  }
  return joinedColumns(row, options, where);
}

/** The document of a column that was named, which may hold any kind of document. */
function namedColumn(value: unknown, column: string, options: DocumentOptions, where: string): RowContent {
  if (!isList(value)) {
    return knownColumn(value, column, options, where);
  }
  const holdsIds = typeof value[0] === 'number' || typeof value[0] === 'bigint';
  return holdsIds
    ? tokenRow(value, column, options.limits, where)
    : conversation(chatMessages(value, column, where), options.chat, where);
}

function knownColumn(value: unknown, column: string, { chat }: DocumentOptions, where: string): RowContent {
  if (value === null || value === undefined) {
    return NULL;
  }
  return CHAT_COLUMNS.some((name) => name === column)
    ? conversation(chatMessages(value, column, where), chat, where)
    : document(textOf(value, column, where));
}

/** A column by its name, or by the way to it through the columns around it. */
function valueAt(row: Record<string, unknown>, column: string, where: string): unknown {
  if (Object.hasOwn(row, column)) {
    return row[column];
  }
  let value: unknown = row;
  for (const part of column.split('.')) {
    if (value === null || value === undefined) {
      return null;
    }
    if (!isObject(value) || !Object.hasOwn(value, part)) {
      throw inputError(`${where}: has no "${column}" (its keys: ${keysOf(row)}): name a column that it has.`);
    }
    value = value[part];
  }
  return value;
}

function joinedColumns(row: Record<string, unknown>, { chat }: DocumentOptions, where: string): RowContent {
  const form = JOINED_COLUMNS.find(({ needed }) => needed.every((column) => Object.hasOwn(row, column)));
  if (form === undefined) {
    const hint = TOKEN_COLUMNS.find((column) => Object.hasOwn(row, column));
    throw hint === undefined
      ? inputError(`${where}: fits no known form (its keys: ${keysOf(row)}): write ${ROW_FORMS}.`)
      : inputError(`${where}: "${hint}" is not a list: write a list of token ids.`);
  }
  const [first, last] = form.needed;
  if (row[first] === null || row[last] === null || row[first] === undefined || row[last] === undefined) {
    return NULL;
  }
  const part = (column: string): string => textOf(row[column], column, where);
  switch (first) {
    case 'prompt':
      return Array.isArray(row.prompt)
        ? conversation(
            [
              ...chatMessages(row.prompt, 'prompt', where),
              ...chatMessages(row.completion, 'completion', where),
            ],
            chat,
            where,
          )
        : document(part('prompt') + part('completion'));
    case 'question':
      return document(`Question: ${part('question')}\nAnswer: ${part('answer')}`);
    case 'instruction': {
      const input = row.input === undefined || row.input === null ? '' : part('input');
      const parts = [part('instruction'), input, part('output')];
      return document(parts.filter((text) => text.trim() !== '').join('\n'));
    }
  }
}

function document(text: string): Exclude<RowContent, { kind: 'tokens' }> {
  return text.trim() === '' ? { kind: 'skipped', reason: 'empty' } : { kind: 'text', text };
}

function conversation(messages: readonly ChatMessage[], chat: ChatTemplate, where: string): RowContent {
  if (messages.every((message) => contentOf(message).trim() === '')) {
    return { kind: 'skipped', reason: 'empty' };
  }
  try {
    const rendered = document(chat.render(messages));
    return rendered.kind === 'text' ? { ...rendered, chat: true } : rendered;
  } catch (error) {
    throw inputError(
      `${where}: the chat template refuses the conversation (${messageOf(error)}): correct the row or remove it.`,
      error,
    );
  }
}

function textOf(value: unknown, column: string, where: string): string {
  if (typeof value !== 'string') {
    throw inputError(`${where}: "${column}" is not a string: write it in quotes.`);
  }
  return value;
}

function tokenRow(
  tokens: unknown,
  column: string,
  { vocabSize, maxPositions }: TokenLimits,
  where: string,
): RowContent {
  const problem = (what: string): AdeptError => inputError(`${where}: "${column}" ${what}.`);
  if (!isList(tokens)) {
    throw problem('is not a list: write a list of token ids');
  }
  if (tokens.length < FEWEST_TOKENS) {
    return { kind: 'skipped', reason: 'short' };
  }
  if (maxPositions !== undefined && tokens.length > maxPositions) {
    throw problem(
      `holds ${tokens.length} ids, more than the model's ${maxPositions} positions: shorten the row`,
    );
  }
  const ids = Int32Array.from(tokens, (value: unknown, index) => {
    const id = typeof value === 'bigint' ? Number(value) : value;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabSize) {
      throw problem(
        `holds ${typeof id === 'number' ? id : JSON.stringify(id)} at index ${index}, not an id from 0 to ${vocabSize - 1}: tokenise it for this model`,
      );
    }
    return id;
  });
  return { kind: 'tokens', tokens: ids };
}

function keysOf(row: Record<string, unknown>): string {
  return Object.keys(row).slice(0, 6).join(', ');
}
