import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { type AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { readError } from '../../../node/files/fileError';
import { lfsError } from '../../../node/files/lfsPointer';
import { isObject } from '../../../shared/common/isObject';

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const flag = v.nullish(v.boolean(), false);

const Added = v.object({
  id,
  content: v.pipe(v.string(), v.minLength(1)),
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: v.nullish(v.boolean(), true),
  special: flag,
});

/** A token outside the model's own vocabulary, cut out of the text before anything else. */
export type AddedToken = v.InferOutput<typeof Added>;

/** A step of the tokenizer that does something to text, named by its type. */
export type Component = v.InferOutput<typeof ComponentSchema>;
const ComponentSchema = v.looseObject({ type: v.string() });

const BpeModel = v.looseObject({
  type: v.optional(v.string(), 'BPE'),
  dropout: v.nullish(v.number()),
  unk_token: v.nullish(v.string()),
  continuing_subword_prefix: v.nullish(v.string()),
  end_of_word_suffix: v.nullish(v.string()),
  fuse_unk: flag,
  byte_fallback: flag,
  ignore_merges: flag,
  // Their content is checked apart: 150 000 entries are slow in a schema, whose records also drop "constructor".
  vocab: v.custom<object>((value) => typeof value === 'object' && value !== null),
  merges: v.array(v.unknown()),
});

const Schema = v.object({
  added_tokens: v.nullish(v.array(Added), []),
  normalizer: v.nullish(ComponentSchema),
  pre_tokenizer: v.nullish(ComponentSchema),
  post_processor: v.nullish(ComponentSchema),
  decoder: v.nullish(ComponentSchema),
});

/** tokenizer.json of a byte pair encoding, checked. */
export type TokenizerFile = v.InferOutput<typeof Schema> & {
  readonly model: v.InferOutput<typeof BpeModel>;
  /** Of the model; added tokens are apart. */
  readonly vocab: ReadonlyMap<string, number>;
};

/** What to do about a tokenizer that this program cannot follow exactly. */
export const GIVE_TOKENS = 'tokenise the corpus beforehand and give it as rows of {"tokens": [...]}.';

/** @throws AdeptError (input) if the file is missing, damaged, or no byte pair encoding. */
export function readTokenizerFile(file: string): TokenizerFile {
  const content = readJsonObject(file, 'the tokenizer.json of a model');
  const { model } = content;
  const type = typeof model === 'object' && model !== null && 'type' in model ? model.type : undefined;
  if (typeof type === 'string' && type !== 'BPE') {
    throw inputError(`${file}: "model.type" is ${type}, and only BPE is supported: ${GIVE_TOKENS}`);
  }
  const bpe = parse(BpeModel, model, file, 'model');
  const vocab = checkVocab(bpe.vocab, file);
  checkMerges(bpe.merges, vocab, file);
  if (typeof bpe.unk_token === 'string' && !vocab.has(bpe.unk_token)) {
    throw inputError(`${file}: "model.unk_token" ${bpe.unk_token} is not in its vocabulary: correct it.`);
  }
  return { ...parse(Schema, content, file), model: bpe, vocab };
}

/** Reads a JSON file that has to hold an object; `wanted` says what the file is for. */
export function readJsonObject(file: string, wanted: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, wanted, error);
  }
  try {
    return v.parse(v.custom<Record<string, unknown>>(isObject), JSON.parse(text));
  } catch (error) {
    const why = error instanceof SyntaxError ? messageOf(error) : 'not an object';
    throw (
      lfsError(file, text, wanted, error) ??
      inputError(`${file}: is not the JSON object it should be (${why}): download it again.`, error)
    );
  }
}

/** Checks one part of a file against a schema; `path` leads there. */
export function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  file: string,
  path?: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) {
    return parsed.output;
  }
  const [issue] = parsed.issues;
  const field = [path, v.getDotPath(issue)].filter((part) => typeof part === 'string').join('.');
  throw inputError(`${file}: "${field}" is not usable (${issue.message}): download the tokenizer again.`);
}

/**
 * Checks that a tokenizer's own vocabulary lies within the model's embedding. Tokens that were added later may lie beyond it, as
 * a [PAD] does that no text holds, as long as nothing uses them: {@link requireRow}.
 * @throws AdeptError (input) naming the file and the id.
 */
export function checkFits(tokenizer: TokenizerFile, file: string, vocabSize: number): void {
  const added = new Set(tokenizer.added_tokens.map(({ content }) => content));
  let highest = -1;
  for (const [token, own] of tokenizer.vocab) {
    highest = added.has(token) ? highest : Math.max(highest, own);
  }
  if (highest >= vocabSize) {
    throw inputError(
      `${file}: holds token ids up to ${highest}, but ${vocabularyOf(file, vocabSize)}: give the tokenizer that belongs to this model.`,
    );
  }
}

/** Where ids that need a row of the embedding come from, and what to do where one has none. */
export interface IdUse {
  /** The beginning of what is said, such as "a text uses". */
  readonly what: string;
  readonly advice: string;
}

export const IN_TEXT: IdUse = { what: 'a text uses', advice: 'remove it from the texts' };
export const AROUND_DOCUMENTS: IdUse = {
  what: 'documents begin or end with',
  advice: 'choose another with --document-start or --document-end',
};

/** @throws AdeptError (input) where an id has no row in the embedding. */
export function requireRow(
  ids: readonly number[],
  {
    file,
    vocabSize,
    tokenOf,
  }: { file: string; vocabSize: number; tokenOf: (id: number) => string | undefined },
  { what, advice }: IdUse,
): void {
  const beyond = ids.find((own) => own >= vocabSize);
  if (beyond !== undefined) {
    throw inputError(
      `${file}: ${what} the token ${JSON.stringify(tokenOf(beyond) ?? '')} with the id ${beyond}, but ${vocabularyOf(file, vocabSize)}: ${advice}, or give the tokenizer that belongs to this model.`,
    );
  }
}

function vocabularyOf(file: string, vocabSize: number): string {
  return `"vocab_size" of ${basename(dirname(file))}/config.json is ${vocabSize}`;
}

function checkVocab(vocab: object, file: string): Map<string, number> {
  const checked = new Map<string, number>();
  const ids = new Set<number>();
  for (const [token, value] of Object.entries(vocab)) {
    const id: unknown = value;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || ids.has(id)) {
      throw inputError(
        `${file}: "model.vocab" gives token ${JSON.stringify(token)} the id ${JSON.stringify(id)}, not one of its own: download the tokenizer again.`,
      );
    }
    ids.add(id);
    checked.set(token, id);
  }
  return checked;
}

function checkMerges(merges: readonly unknown[], vocab: ReadonlyMap<string, number>, file: string): void {
  for (const [index, merge] of merges.entries()) {
    const problem = (what: string): AdeptError =>
      inputError(`${file}: "model.merges[${index}]" ${what}: download the tokenizer again.`);
    const parts: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (parts.length !== 2 || typeof left !== 'string' || typeof right !== 'string') {
      throw problem('is not a pair of tokens');
    }
    if (!vocab.has(left) || !vocab.has(right) || !vocab.has(left + right)) {
      throw problem(
        `joins ${JSON.stringify(left)} and ${JSON.stringify(right)}, which its vocabulary does not hold`,
      );
    }
  }
}
