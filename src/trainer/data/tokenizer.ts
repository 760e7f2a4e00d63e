import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inputError, messageOf } from '../../shared/errors';
import { type Separator, documentFrame } from './separator';
import { readSpecialTokens } from './specialTokens';
import { GIVE_TOKENS, checkFits, readTokenizerFile } from './tokenizerFile';
import { libraryPipeline } from './tokenizerPipeline';

export interface Tokenizer {
  /** Token ids of a text, without special tokens around it. */
  encode(text: string): number[];
  /** Token ids of a document of a packed corpus: with what keeps it apart from its neighbours. */
  encodeDocument(text: string): number[];
  /** The text of token ids, special tokens included; ids that have no token (a padded embedding) are left out. */
  decode(ids: readonly number[] | Int32Array): string;
  readonly bosId?: number;
  readonly eosId?: number;
  /** How documents are joined; reported in logs. */
  readonly separator: Separator;
  /** One more than the highest token id. */
  readonly size: number;
}

/**
 * Opens the tokenizer of a Hugging Face folder: tokenizer.json, with tokenizer_config.json where there is one.
 * @param vocabSize `vocab_size` of the model; it may be larger than the tokenizer (a padded embedding)
 * @throws AdeptError (input) if the tokenizer is missing, damaged, does not fit the vocabulary, or uses something that
 * would not give exactly the ids of the reference implementation.
 */
export function openTokenizer(folder: string, vocabSize: number): Tokenizer {
  const file = join(folder, 'tokenizer.json');
  if (existsSync(folder) && !existsSync(file)) {
    throw inputError(
      `${file}: is missing, and text cannot be tokenised without it: save the tokenizer there (transformers: AutoTokenizer, save_pretrained), or give rows of {"tokens": [...]}.`,
    );
  }
  const read = readTokenizerFile(file);
  const special = readSpecialTokens(folder, read);
  const tokenizer = { ...read, added_tokens: [...read.added_tokens, ...special.added] };
  const size =
    highestId([...tokenizer.vocab.values(), ...tokenizer.added_tokens.map((token) => token.id)]) + 1;
  checkFits(size, file, vocabSize);
  const { before, after, separator } = documentFrame(tokenizer.post_processor ?? undefined, special, file);
  checkFits(highestId([...before, ...after]) + 1, file, vocabSize);
  const library = openLibrary(libraryPipeline(tokenizer, file), file);
  const encode = (text: string): number[] => library.encode(text, { add_special_tokens: false }).ids;
  return {
    encode,
    encodeDocument: (text) => before.concat(encode(text), after),
    decode: (ids) => {
      const known = [...ids].filter((id) => library.id_to_token(id) !== undefined);
      return known.length === 0 ? '' : library.decode(known, { clean_up_tokenization_spaces: false });
    },
    ...(special.bosId === undefined ? {} : { bosId: special.bosId }),
    ...(special.eosId === undefined ? {} : { eosId: special.eosId }),
    separator,
    size,
  };
}

function openLibrary(pipeline: Record<string, unknown>, file: string): LibraryTokenizer {
  try {
    return new LibraryTokenizer(pipeline, {});
  } catch (error) {
    throw inputError(`${file}: this tokenizer is not supported (${messageOf(error)}): ${GIVE_TOKENS}`, error);
  }
}

function highestId(ids: readonly number[]): number {
  return ids.reduce((highest, id) => Math.max(highest, id), -1);
}
