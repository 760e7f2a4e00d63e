import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { inputError } from '../../../shared/common/errors';
import type { EndTokens } from './documentFrame';
import { type AddedToken, type TokenizerFile, parse, readJsonObject } from './tokenizerFile';

/** What the files beside tokenizer.json say about special tokens. */
export interface SpecialTokens extends EndTokens {
  /** Tokens that only those files know as such. */
  readonly added: readonly AddedToken[];
}

const Token = v.union([v.string(), v.looseObject({ content: v.string() })]);
const flag = v.nullish(v.boolean(), false);
const NAMES = ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const;
const named = { bos_token: v.nullish(Token), eos_token: v.nullish(Token) };
const SpecialTokensMap = v.looseObject(named);
const TokenizerConfig = v.looseObject({
  ...named,
  unk_token: v.nullish(Token),
  pad_token: v.nullish(Token),
  add_bos_token: flag,
  add_eos_token: flag,
  split_special_tokens: flag,
  added_tokens_decoder: v.nullish(
    v.record(
      v.pipe(v.string(), v.digits()),
      v.looseObject({
        content: v.string(),
        lstrip: flag,
        rstrip: flag,
        normalized: flag,
        special: flag,
        single_word: flag,
      }),
    ),
    {},
  ),
});
type TokenizerConfig = v.InferOutput<typeof TokenizerConfig>;

/**
 * Reads tokenizer_config.json; where it does not name BOS or EOS, special_tokens_map.json, and last the ids in
 * config.json. Any of the files may be missing.
 */
export function readSpecialTokens(folder: string, tokenizer: TokenizerFile): SpecialTokens {
  const file = join(folder, 'tokenizer_config.json');
  const config = parse(TokenizerConfig, readIfThere(file), file);
  if (config.split_special_tokens) {
    throw inputError(`${file}: "split_special_tokens" is not supported: remove it.`);
  }
  const mapFile = join(folder, 'special_tokens_map.json');
  const map = parse(SpecialTokensMap, readIfThere(mapFile), mapFile);
  const known = new Map(tokenizer.vocab);
  for (const token of tokenizer.added_tokens) {
    known.set(token.content, token.id);
  }
  const added = addedTokens(config, tokenizer, known, file);
  const idOf = (name: 'bos_token' | 'eos_token'): number | undefined => {
    const inConfig = config[name] ?? undefined;
    const [token, source] = inConfig === undefined ? [map[name], mapFile] : [inConfig, file];
    const content = contentOf(token);
    const id = content === undefined ? idInConfig(folder, `${name}_id`, known) : known.get(content);
    if (content !== undefined && id === undefined) {
      throw inputError(`${source}: "${name}" ${content} is not in tokenizer.json: correct one of the two.`);
    }
    return id;
  };
  const ends = { bosId: idOf('bos_token'), eosId: idOf('eos_token') };
  return { ...ends, addBos: config.add_bos_token, addEos: config.add_eos_token, added };
}

/** Tokens that tokenizer_config.json declares special and tokenizer.json does not; `known` gains their ids. */
function addedTokens(
  config: TokenizerConfig,
  tokenizer: TokenizerFile,
  known: Map<string, number>,
  file: string,
): AddedToken[] {
  const listed = new Set(tokenizer.added_tokens.map((token) => token.content));
  const taken = new Set(known.values());
  const added: AddedToken[] = [];
  for (const [key, token] of Object.entries(config.added_tokens_decoder)) {
    const id = Number(key);
    if (listed.has(token.content)) {
      continue;
    }
    if (known.has(token.content) ? known.get(token.content) !== id : taken.has(id)) {
      throw inputError(
        `${file}: "added_tokens_decoder" gives ${token.content} the id ${id}, which tokenizer.json does not: correct one of the two.`,
      );
    }
    known.set(token.content, id);
    listed.add(token.content);
    added.push({ ...token, id });
  }
  for (const name of NAMES) {
    const content = contentOf(config[name]);
    const id = content === undefined ? undefined : known.get(content);
    if (content !== undefined && id !== undefined && !listed.has(content)) {
      listed.add(content);
      added.push({
        content,
        id,
        special: true,
        normalized: false,
        lstrip: false,
        rstrip: false,
        single_word: false,
      });
    }
  }
  return added;
}

function contentOf(token: v.InferOutput<typeof Token> | null | undefined): string | undefined {
  return typeof token === 'string' ? token : token?.content;
}

function readIfThere(file: string): Record<string, unknown> {
  return existsSync(file) ? readJsonObject(file, 'the settings of a tokenizer') : {};
}

/** `bos_token_id` or `eos_token_id` of config.json (the first of several), if the tokenizer has that id. */
function idInConfig(folder: string, key: string, known: ReadonlyMap<string, number>): number | undefined {
  const value: unknown = readIfThere(join(folder, 'config.json'))[key];
  const id: unknown = Array.isArray(value) ? value[0] : value;
  return typeof id === 'number' && [...known.values()].includes(id) ? id : undefined;
}
