import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { linkTarget } from '../../../node/files/fileError';
import { inputError, messageOf } from '../../../shared/common/errors';
import type { Framing } from '../../../shared/texts/texts';
import { type DocumentFrame, documentFrame } from './documentFrame';
import { type Vocabulary } from './vocabulary';
import { PieceEncoder } from './pieceEncoder';
import { readSpecialTokens, type SpecialTokens } from './specialTokens';
import {
  AROUND_DOCUMENTS,
  GIVE_TOKENS,
  IN_TEXT,
  type TokenizerFile,
  checkFits,
  readTokenizerFile,
  requireRow,
} from './tokenizerFile';
import { libraryPipeline } from './tokenizerPipeline';

export interface Tokenizer {
  /** Token ids of a text, without special tokens around it. */
  encode(text: string): number[];
  /** Token ids of a document of a packed corpus: with what is put around it. */
  encodeDocument(text: string): number[];
  /** The text of token ids, special tokens included; ids that have no token (a padded embedding) are left out. */
  decode(ids: readonly number[] | Int32Array): string;
  /** The token of an id; undefined where it has none. */
  tokenOf(id: number): string | undefined;
  /** Whether an id is a token that stands for no text. */
  isSpecial(id: number): boolean;
  readonly bosId?: number;
  readonly eosId?: number;
  /** What is put around a document. */
  readonly frame: DocumentFrame;
  /** One more than the highest token id. */
  readonly size: number;
}

/**
 * Opens the tokenizer of a Hugging Face folder: tokenizer.json, with tokenizer_config.json where there is one.
 * @param framing what is put around documents; as the tokenizer itself has it when left out
 * @param vocabSize `vocab_size` of the model; it may be larger than the tokenizer (a padded embedding), and smaller by added
 * tokens that no text uses
 * @throws AdeptError (input) if the tokenizer is missing, damaged, does not fit the vocabulary, or uses something that
 * would not give exactly the ids of the reference implementation.
 */
export function openTokenizer(folder: string, vocabSize: number, framing?: Framing): Tokenizer {
  const { file, tokenizer, special, frame } = readParts(folder, framing);
  const size =
    highestId([...tokenizer.vocab.values(), ...tokenizer.added_tokens.map((token) => token.id)]) + 1;
  checkFits(tokenizer, file, vocabSize);
  const pipeline = libraryPipeline(tokenizer, file);
  const library = openLibrary(pipeline, file);
  const specialIds = new Set(tokenizer.added_tokens.flatMap(({ id, special: is }) => (is ? [id] : [])));
  const pieces = PieceEncoder.of(library, pipeline, tokenizer);
  const rows = { file, vocabSize, tokenOf: (id: number) => library.id_to_token(id) };
  requireRow([...frame.before, ...frame.after], rows, AROUND_DOCUMENTS);
  const encode = (text: string): number[] => {
    const ids = pieces?.encode(text) ?? library.encode(text, { add_special_tokens: false }).ids;
    if (size > vocabSize) {
      requireRow(ids, rows, IN_TEXT);
    }
    return ids;
  };
  return {
    encode,
    encodeDocument: (text) => [...frame.before, ...encode(text), ...frame.after],
    decode: (ids) => {
      const known = [...ids].filter((id) => library.id_to_token(id) !== undefined);
      return known.length === 0 ? '' : library.decode(known, { clean_up_tokenization_spaces: false });
    },
    tokenOf: (id) => library.id_to_token(id),
    isSpecial: (id) => specialIds.has(id),
    ...(hasRow(special.bosId, vocabSize) ? { bosId: special.bosId } : {}),
    ...(hasRow(special.eosId, vocabSize) ? { eosId: special.eosId } : {}),
    frame,
    size,
  };
}

/** The library keeps the file that it was made of, which it reads no more and which is half of its memory. */
function withoutSources(library: LibraryTokenizer): LibraryTokenizer {
  Reflect.set(library, 'tokenizer', {});
  if (library.model !== null) {
    Reflect.set(library.model, 'config', {});
    Reflect.set(library.model, 'merges', []);
  }
  return library;
}

/** What frames the documents of a text, without the cost of a whole tokenizer. @throws AdeptError (input) as {@link openTokenizer} */
export function readDocumentFrame(folder: string, framing: Framing): DocumentFrame {
  return readParts(folder, framing).frame;
}

interface TokenizerParts {
  /** tokenizer.json */
  readonly file: string;
  readonly tokenizer: TokenizerFile;
  readonly special: SpecialTokens;
  readonly frame: DocumentFrame;
}

function readParts(folder: string, framing: Framing | undefined): TokenizerParts {
  const file = join(folder, 'tokenizer.json');
  if (existsSync(folder) && !existsSync(file) && linkTarget(file) === undefined) {
    throw inputError(
      `${file}: is missing, and text cannot be tokenised without it: save the tokenizer there (transformers: AutoTokenizer, save_pretrained), or give rows of {"tokens": [...]}.`,
    );
  }
  const read = readTokenizerFile(file);
  const special = readSpecialTokens(folder, read);
  const tokenizer = { ...read, added_tokens: [...read.added_tokens, ...special.added] };
  const postProcessor = tokenizer.post_processor ?? undefined;
  const sources = { postProcessor, ends: special, file, vocabulary: vocabularyOf(tokenizer) };
  return { file, tokenizer, special, frame: documentFrame(sources, framing) };
}

function openLibrary(pipeline: Record<string, unknown>, file: string): LibraryTokenizer {
  try {
    return withoutSources(new LibraryTokenizer(pipeline, {}));
  } catch (error) {
    throw inputError(`${file}: this tokenizer is not supported (${messageOf(error)}): ${GIVE_TOKENS}`, error);
  }
}

function vocabularyOf({ vocab, added_tokens: added }: TokenizerFile): Vocabulary {
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  const idOf = (token: string): number | undefined => addedIds.get(token) ?? vocab.get(token);
  return {
    idOf,
    tokenOf: (id) =>
      added.find((token) => token.id === id)?.content ?? [...vocab].find(([, own]) => own === id)?.[0],
    isAdded: (token) => addedIds.has(token),
  };
}

function hasRow(id: number | undefined, vocabSize: number): id is number {
  return id !== undefined && id < vocabSize;
}

function highestId(ids: readonly number[]): number {
  return ids.reduce((highest, id) => Math.max(highest, id), -1);
}
