/** Columns whose value is a text. */
export const TEXT_COLUMNS = ['text', 'content', 'raw_content'] as const;
/** Columns whose value is a list of token ids. */
export const TOKEN_COLUMNS = ['input_ids', 'tokens'] as const;
/** Columns whose value is a conversation. */
export const CHAT_COLUMNS = ['messages', 'conversations'] as const;
/** Columns that make a text together: all of `needed`, and `also` where there are any. */
export const JOINED_COLUMNS = [
  { needed: ['prompt', 'completion'], also: [] },
  { needed: ['question', 'answer'], also: [] },
  { needed: ['instruction', 'output'], also: ['input'] },
] as const;

/** What a row can be, for errors. */
export const ROW_FORMS =
  '{"text"}, {"content"}, {"messages": [...]}, {"prompt", "completion"}, {"question", "answer"}, {"instruction", "input" (optional), "output"} or {"tokens": [...]}';

/** @returns whether a value has keys: neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** A list, or the array of numbers that a column of integers is read as. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
