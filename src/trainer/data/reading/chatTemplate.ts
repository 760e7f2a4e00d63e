import { Template } from '@huggingface/jinja';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { readError } from '../../../node/files/fileError';
import { inputError, messageOf } from '../../../shared/common/errors';
import { parse, readJsonObject } from '../tokenizer/tokenizerFile';
import { type ChatMessage, contentOf } from './chatMessages';

/** A chat template as plain data, to be posted to a thread. */
export type ChatTemplateDescription =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'template';
      /** Jinja. */
      readonly source: string;
      /** Where the template comes from, for errors. */
      readonly file: string;
      /** What templates know by name: bos_token, eos_token and so on. */
      readonly tokens: Readonly<Record<string, string | readonly string[]>>;
    };

const Token = v.pipe(
  v.union([v.string(), v.looseObject({ content: v.string() })]),
  v.transform((token) => (typeof token === 'string' ? token : token.content)),
);
const NAMES = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((name) => `${name}_token`);
const named = Object.fromEntries(NAMES.map((name) => [name, v.nullish(Token)]));
const Tokens = v.looseObject({
  ...v.object(named).entries,
  additional_special_tokens: v.nullish(v.array(Token)),
  /** A list where they have no names. */
  extra_special_tokens: v.nullish(v.union([v.record(v.string(), Token), v.array(Token)])),
});
const TokenizerConfig = v.looseObject({
  chat_template: v.nullish(
    v.union([v.string(), v.array(v.looseObject({ name: v.string(), template: v.string() }))]),
  ),
});

/**
 * Makes one text of a conversation, as transformers' `apply_chat_template(messages, tokenize=False)` does; where the model has
 * no chat template, the contents in order, one a paragraph.
 */
export class ChatTemplate {
  readonly #template: Template | undefined;

  /** @throws AdeptError (input) if the template is no Jinja that can be read. */
  constructor(readonly description: ChatTemplateDescription) {
    this.#template = description.kind === 'template' ? parsed(description) : undefined;
  }

  /**
   * Reads the template of a model folder: chat_template.jinja, or else "chat_template" of tokenizer_config.json.
   * @throws AdeptError (input) that names the file.
   */
  static open(folder: string): ChatTemplate {
    return new ChatTemplate(describe(folder));
  }

  /** Whether there is a template, or contents are put one after the other. */
  get kind(): 'template' | 'plain' {
    return this.description.kind;
  }

  /**
   * @param forAnswer whether the start of the assistant's next turn is added
   * @throws Error with the template's own message where it refuses the conversation.
   */
  render(
    messages: readonly ChatMessage[],
    { forAnswer = false }: { readonly forAnswer?: boolean } = {},
  ): string {
    if (this.#template === undefined || this.description.kind === 'plain') {
      return messages
        .map(contentOf)
        .filter((content) => content.trim() !== '')
        .join('\n\n');
    }
    // What transformers passes: https://github.com/huggingface/transformers/blob/main/src/transformers/utils/chat_template_utils.py
    return this.#template.render({
      ...this.description.tokens,
      ...{ messages, tools: null, documents: null, add_generation_prompt: forAnswer },
    });
  }
}

function parsed({ source, file }: { readonly source: string; readonly file: string }): Template {
  try {
    return new Template(source);
  } catch (error) {
    throw inputError(
      `${file}: its chat template cannot be read (${messageOf(error)}): give texts instead of conversations, or correct it.`,
      error,
    );
  }
}

function describe(folder: string): ChatTemplateDescription {
  const configFile = join(folder, 'tokenizer_config.json');
  const config = existsSync(configFile) ? readJsonObject(configFile, 'the settings of a tokenizer') : {};
  const file = join(folder, 'chat_template.jinja');
  if (existsSync(file)) {
    return { kind: 'template', source: readTemplate(file), file, tokens: tokensOf(folder, config) };
  }
  const { chat_template: template } = parse(TokenizerConfig, config, configFile);
  if (template === undefined || template === null) {
    return { kind: 'plain' };
  }
  const source =
    typeof template === 'string' ? template : template.find(({ name }) => name === 'default')?.template;
  if (source === undefined) {
    throw inputError(
      `${configFile}: "chat_template" has several templates and none is named "default": give one of them that name.`,
    );
  }
  return { kind: 'template', source, file: configFile, tokens: tokensOf(folder, config) };
}

function readTemplate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, 'a chat template', error);
  }
}

/** As the tokenizer's `special_tokens_map` in transformers: what tokenizer_config.json leaves out, special_tokens_map.json may say. */
function tokensOf(
  folder: string,
  config: Record<string, unknown>,
): Readonly<Record<string, string | readonly string[]>> {
  const mapFile = join(folder, 'special_tokens_map.json');
  const map = existsSync(mapFile) ? readJsonObject(mapFile, 'the special tokens of a tokenizer') : {};
  const first = parse(Tokens, config, join(folder, 'tokenizer_config.json'));
  const second = parse(Tokens, map, mapFile);
  const tokens: Record<string, string | readonly string[]> = {};
  for (const name of [...NAMES, 'additional_special_tokens']) {
    const token = first[name] ?? second[name];
    if (typeof token === 'string' || Array.isArray(token)) {
      tokens[name] = token as string | string[];
    }
  }
  const extra = first.extra_special_tokens ?? {};
  return Array.isArray(extra) ? tokens : { ...tokens, ...extra };
}
