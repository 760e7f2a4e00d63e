import { inputError } from '../../../shared/common/errors';
import { isObject } from './rowColumns';

/** One turn of a conversation, with whatever else its row says about it, which a template may ask for. */
export type ChatMessage = Readonly<Record<string, unknown>> & { readonly role: string };

/** Who speaks in ShareGPT's rows (`from`), in the words of chat templates (`role`). */
const ROLES = new Map([
  ['human', 'user'],
  ['user', 'user'],
  ['gpt', 'assistant'],
  ['assistant', 'assistant'],
  ['chatgpt', 'assistant'],
  ['bot', 'assistant'],
  ['model', 'assistant'],
  ['function_call', 'assistant'],
  ['system', 'system'],
  ['developer', 'developer'],
  ['tool', 'tool'],
  ['function', 'tool'],
  ['observation', 'tool'],
]);

/**
 * The turns of a conversation: `role` and `content` as OpenAI has them, or `from` and `value` as ShareGPT has them.
 * @param column whose value this is
 * @throws AdeptError (input) that names the turn.
 */
export function chatMessages(value: unknown, column: string, where: string): ChatMessage[] {
  if (!Array.isArray(value)) {
    throw inputError(
      `${where}: "${column}" is not a list: write a list of {"role", "content"} or {"from", "value"}.`,
    );
  }
  return value.map((turn: unknown, index) => chatMessage(turn, `${where}: "${column}[${index}]"`));
}

function chatMessage(turn: unknown, where: string): ChatMessage {
  if (!isObject(turn)) {
    throw inputError(`${where} is not an object: write {"role", "content"} or {"from", "value"}.`);
  }
  const sharegpt = typeof turn.role !== 'string' && typeof turn.from === 'string';
  const speaker = sharegpt ? turn.from : turn.role;
  if (typeof speaker !== 'string') {
    throw inputError(`${where} does not say who speaks: write {"role", "content"} or {"from", "value"}.`);
  }
  // Roles of OpenAI's form are the template's own matter.
  const role = sharegpt ? ROLES.get(speaker.trim().toLowerCase()) : speaker;
  if (role === undefined) {
    throw inputError(
      `${where} is from "${speaker}", not from one of ${[...ROLES.keys()].join(', ')}: rename the speaker.`,
    );
  }
  const content = sharegpt ? turn.value : turn.content;
  if (content !== undefined && content !== null && typeof content !== 'string' && !Array.isArray(content)) {
    throw inputError(`${where} has a content that is not a string: write it in quotes.`);
  }
  return sharegpt ? { role, content } : withoutNulls({ ...turn, role });
}

/** A list of structs in parquet has every key in every turn, null where its row had none. */
function withoutNulls(turn: ChatMessage): ChatMessage {
  const kept = Object.entries(turn).filter(
    ([key, value]) => key === 'content' || (value !== null && value !== undefined),
  );
  return { ...Object.fromEntries(kept), role: turn.role };
}

/** What a turn says, without what is no text. */
export function contentOf({ content }: ChatMessage): string {
  if (typeof content === 'string') {
    return content;
  }
  const parts: unknown[] = Array.isArray(content) ? content : [];
  return parts
    .map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : part))
    .filter((part) => typeof part === 'string')
    .join('\n');
}
