import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Corpus } from '../../src/trainer/data/corpus/corpus';
import { TokenStore } from '../../src/trainer/data/store/tokenStore';
import { temporaryFolder } from './temporaryFolder';

const SIZE = 1000;

/** The folder of a tokenizer that is easy to follow: one id per character (its code), BOS 1 before each document. */
export function characterTokenizer(t: TestContext): string {
  const codes = Array.from({ length: SIZE }, (_, code) => code).filter((code) => code !== 1);
  const folder = temporaryFolder(t);
  const bos = { id: 1, content: '<s>', special: true, normalized: false };
  writeFileSync(
    join(folder, 'tokenizer.json'),
    JSON.stringify({
      added_tokens: [{ ...bos, single_word: false, lstrip: false, rstrip: false }],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
      },
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(codes.map((code) => [String.fromCharCode(code), code])),
        merges: [],
      },
    }),
  );
  return folder;
}

/** The documents of a corpus that was tokenised by {@link characterTokenizer}, as text. */
export function storedDocuments({ cache, text }: Corpus): string[] {
  const store = TokenStore.forReading(cache ?? '', text.key);
  if (store === undefined) {
    throw new Error('The text is not stored.');
  }
  const ends = [...store.ends(0, text.documents)];
  return ends.map((end, index) =>
    Array.from(store.tokens(ends[index - 1] ?? 0, end).slice(1), (id) => String.fromCharCode(id)).join(''),
  );
}
