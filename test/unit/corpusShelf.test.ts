import assert from 'node:assert/strict';
import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import type { Corpus, CorpusRequest } from '../../src/trainer/data/corpus';
import { CorpusShelf } from '../../src/trainer/data/corpusShelf';
import { readJsonObject } from '../../src/trainer/data/tokenizerFile';
import { tokenizerIdentity } from '../../src/trainer/data/tokenizerIdentity';
import { expectInputError } from '../support/expectInputError';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';
import { characterTokenizer } from '../support/tokenizers';

interface Reading {
  readonly file: string;
  /** The texts that were tokenised so far. */
  readonly documents: readonly string[];
  readonly read: (options?: Partial<CorpusRequest>, tokenizer?: string) => Corpus;
}

function reading(t: TestContext, places?: number): Reading {
  const file = join(temporaryFolder(t), 'a.txt');
  writeFileSync(file, 'one two');
  const tokenizer = characterTokenizer();
  const shelf = new CorpusShelf(places);
  return {
    file,
    documents: tokenizer.documents,
    read: (options = {}, identity = 'characters') =>
      shelf.read(
        { files: [file], seqLen: 2, vocabSize: 1000, tokenizer: () => tokenizer, ...options },
        identity,
      ),
  };
}

describe('a corpus that was read before', () => {
  it('is not tokenised again', (t) => {
    const { read, documents } = reading(t);
    const first = read();
    assert.ok(first.sequences.length > 0);
    assert.equal(read(), first);
    assert.deepEqual(documents, ['one two']);
  });

  it('is read again when its file has changed', (t) => {
    const { file, read, documents } = reading(t);
    read();
    writeFileSync(file, 'six ten');
    read();
    assert.deepEqual(documents, ['one two', 'six ten']);
  });

  it('is another one for another length, number of sequences, vocabulary or tokenizer', (t) => {
    const { read, documents } = reading(t);
    const corpora = [
      read(),
      read({ seqLen: 3 }),
      read({ maxSequences: 1 }),
      read({ maxSequences: 1, sampling: 'spread' }),
      read({ vocabSize: 999 }),
      read({ maxPositions: 4 }),
      read({}, 'other characters'),
    ];
    assert.equal(new Set(corpora).size, corpora.length);
    assert.equal(documents.length, corpora.length);
  });

  it('makes room for others, the one first that was not asked for the longest', (t) => {
    const { read, documents } = reading(t, 2);
    const [first] = [read(), read({ seqLen: 3 })];
    read();
    read({ seqLen: 4 });
    assert.equal(documents.length, 3);
    assert.equal(read(), first);
    assert.equal(documents.length, 3);
    read({ seqLen: 3 });
    assert.equal(documents.length, 4);
  });

  it('is refused as ever when its file is gone, or has become a link to itself', (t) => {
    const { file, read } = reading(t);
    read();
    rmSync(file);
    expectInputError(() => read(), file);
    symlinkSync(file, file);
    expectInputError(() => read(), file);
  });
});

describe('the identity of a tokenizer', () => {
  const model = join(projectRoot, 'media/sample/model');
  const copy = (t: TestContext): string => {
    const folder = join(temporaryFolder(t), 'copy');
    cpSync(model, folder, { recursive: true });
    return folder;
  };
  const change = (folder: string, name: string, changes: object): void => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ ...readJsonObject(file, 'it'), ...changes }));
  };

  it('is that of a copy, with other layers too', (t) => {
    const folder = copy(t);
    change(folder, 'config.json', { num_hidden_layers: 12 });
    assert.equal(tokenizerIdentity(folder), tokenizerIdentity(model));
  });

  it('is another one where a file says something else', (t) => {
    const identities = [
      tokenizerIdentity(model),
      ...(
        [
          ['config.json', { eos_token_id: 5 }],
          ['tokenizer_config.json', { add_bos_token: true }],
          ['tokenizer.json', { version: '2.0' }],
        ] as const
      ).map(([name, changes]) => {
        const folder = copy(t);
        change(folder, name, changes);
        return tokenizerIdentity(folder);
      }),
    ];
    assert.equal(new Set(identities).size, identities.length);
  });

  it('needs no tokenizer', (t) => {
    assert.match(tokenizerIdentity(temporaryFolder(t)), /^[0-9a-f]{64}$/);
  });
});
