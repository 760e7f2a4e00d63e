import type { Tokenizer } from '../../src/trainer/data/tokenizer';

/** A tokenizer that is easy to follow: one id per character (its code), BOS 1 before each document. */
export function characterTokenizer(): Tokenizer & { readonly documents: string[] } {
  const documents: string[] = [];
  const encode = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return {
    documents,
    encode,
    encodeDocument: (text) => {
      documents.push(text);
      return [1, ...encode(text)];
    },
    decode: (ids) => String.fromCodePoint(...ids),
    bosId: 1,
    separator: 'bos',
    size: 1000,
  };
}
