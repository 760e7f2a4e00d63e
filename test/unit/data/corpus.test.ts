import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { batches, makeBatch } from '../../../src/trainer/data/sequences/batch';
import { loadCorpus, type Corpus, type CorpusRequest } from '../../../src/trainer/data/corpus/corpus';
import { listOf, NO_SEQUENCES } from '../../../src/trainer/data/sequences/sequences';
import { SILENT_TASK } from '../../../src/trainer/task';
import { sampleOf } from '../../../src/shared/settings/sampling';
import { expectInputRejection } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';
import { characterTokenizer, storedDocuments } from '../../support/tokenizers';
import { idsOf } from '../../support/corpora';

type Files = Readonly<Record<string, string | Uint8Array>>;
type Options = Partial<Omit<CorpusRequest, 'paths' | 'folder'>>;

/** Writes files and loads them, in their order, as one corpus. */
function load(t: TestContext, files: Files, options: Options = {}): Promise<Corpus> {
  const folder = temporaryFolder(t);
  const paths = Object.entries(files).map(([name, content]) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  });
  const request = { seqLen: 2, vocabSize: 1000, ...options, paths, folder: characterTokenizer(t) };
  return loadCorpus(request, SILENT_TASK);
}

const lists = (corpus: Corpus): number[][] => idsOf(corpus.sequences).map((sequence) => [...sequence]);

describe('the forms of a corpus', () => {
  const FORMS: [string, string, string | Uint8Array, string[]][] = [
    ['blank-line separated text', 'a.txt', 'one\ntwo\n\n\n \t\nthree\n', ['one\ntwo', 'three']],
    ['text with CRLF and a byte order mark', 'a.txt', '\ufeffone\r\ntwo\r\n\r\nthree', ['one\ntwo', 'three']],
    ['indented text', 'a.TXT', '\n  one\n    two  \n', ['  one\n    two  ']],
    [
      'rows of text',
      'a.jsonl',
      '{"text":"one\\n\\ntwo","id":1}\n\n{"text":"three"}\n',
      ['one\n\ntwo', 'three'],
    ],
    ['rows with CRLF and a byte order mark', 'a.jsonl', '\ufeff{"text":"é"}\r\n{"text":"b"}\r\n', ['é', 'b']],
    [
      'rows without text in them',
      'a.jsonl',
      '{"text":""}\n{"text":" \\n"}\n{"text":"a"}\n{"text":"b"}',
      ['a', 'b'],
    ],
    ['questions', 'a.jsonl', '{"question":"1+1?","answer":"2"}', ['Question: 1+1?\nAnswer: 2']],
    ['instructions', 'a.jsonl', '{"instruction":"Add.","input":"1 1","output":"2"}', ['Add.\n1 1\n2']],
    ['instructions without input', 'a.jsonl', '{"instruction":"Say hi.","output":"hi"}', ['Say hi.\nhi']],
    [
      'instructions with empty input',
      'a.jsonl',
      '{"instruction":"Hi.","input":"","output":"hi"}',
      ['Hi.\nhi'],
    ],
    [
      'instructions with null input',
      'a.jsonl',
      '{"instruction":"Hi.","input":null,"output":"hi"}',
      ['Hi.\nhi'],
    ],
    [
      'an array',
      'a.json',
      '[{"text":"one"},\n {"question":"q","answer":"a"}]',
      ['one', 'Question: q\nAnswer: a'],
    ],
    ['one object', 'a.json', '\ufeff{"text":"one"}', ['one']],
    ['an object with data', 'a.json', '{"version":1,"data":[{"text":"one"},{"text":"two"}]}', ['one', 'two']],
    ['multiple choice', 'a.csv', 'Why?,p,"q, r",s,t,C\n', ['Why?\nA. p\nB. q, r\nC. s\nD. t\nAnswer: C']],
  ];
  for (const [what, name, content, expected] of FORMS) {
    it(what, async (t) => {
      const corpus = await load(t, { [name]: content });
      assert.deepEqual(storedDocuments(corpus), expected);
    });
  }

  it('text far longer than one read', async (t) => {
    const long = 'é'.repeat(700_000);
    const corpus = await load(t, { 'a.txt': `${long}\n${long}\n\nb` }, { seqLen: 1000 });
    assert.deepEqual(storedDocuments(corpus), [`${long}\n${long}`, 'b']);
    assert.equal(corpus.sequences.size, 1400);
  });
});

describe('packing', () => {
  it('joins documents of all files in order and leaves out the remainder', async (t) => {
    const corpus = await load(t, { 'a.txt': 'ab\n\nc', 'b.jsonl': '{"text":"defg"}' }, { seqLen: 3 });
    assert.deepEqual(lists(corpus), [
      [1, 97, 98],
      [1, 99, 1],
      [100, 101, 102],
    ]);
    assert.deepEqual([corpus.text.tokens, corpus.text.documents, corpus.seqLen], [10, 3, 3]);
    assert.equal(corpus.sources.length, 2);
  });

  it('stops reading when it has enough sequences', async (t) => {
    const rows = '{"text":"abc"}\n{"text":"d"}\n';
    const corpus = await load(t, { 'a.jsonl': rows, 'b.jsonl': 'broken' }, { maxSequences: 3 });
    assert.deepEqual(lists(corpus), [
      [1, 97],
      [98, 99],
      [1, 100],
    ]);
    assert.deepEqual(storedDocuments(corpus), ['abc', 'd']);
    assert.equal(corpus.text.complete, false);
    assert.equal((await load(t, { 'a.jsonl': rows }, { maxSequences: 1 })).sequences.size, 1);
  });

  it('takes as many sequences from all of the files where they are to be spread', async (t) => {
    const files = { 'a.txt': 'aabbccdd', 'b.txt': 'eeffgghh', 'c.jsonl': '{"tokens":[7,8,9]}' };
    const all = lists(await load(t, files));
    const spread = await load(t, files, { maxSequences: 3, sampling: 'spread' });
    assert.ok(all.length > 9);
    assert.deepEqual(lists(spread), sampleOf(all, 3, 'spread'));
    const first = await load(t, files, { maxSequences: 3, sampling: 'first' });
    assert.deepEqual(lists(first), all.slice(0, 3));
  });

  it('takes rows of ids as they are, without a tokenizer and whatever seqLen says', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'a.jsonl');
    writeFileSync(path, '{"tokens":[5,6,7]}\n{"tokens":[999,0]}\n{"tokens":[1]}');
    const request = { paths: [path], folder, seqLen: 512, vocabSize: 1000, maxPositions: 3 };
    const corpus = await loadCorpus(request, SILENT_TASK);
    assert.deepEqual(lists(corpus), [
      [5, 6, 7],
      [999, 0],
    ]);
    assert.deepEqual([corpus.text.rows, corpus.text.rowTokens, corpus.text.documents], [2, 5, 0]);
    assert.deepEqual([corpus.text.skipped.short, corpus.text.frame], [1, null]);
  });

  it('mixes ids and text, each sequence where it is complete', async (t) => {
    const files = {
      'a.txt': 'a',
      'b.json': '[{"tokens":[8,9]},{"text":"bc"},{"tokens":[7,7,7]},{"tokens":[6,6]}]',
    };
    assert.deepEqual(lists(await load(t, files, { seqLen: 4 })), [
      [8, 9],
      [1, 97, 1, 98],
      [7, 7, 7],
      [6, 6],
    ]);
    assert.deepEqual(lists(await load(t, files, { seqLen: 4, maxSequences: 1 })), [[8, 9]]);
    // Text that is too short by itself is none too few where the rows are as many as are wanted.
    const rows = { 'a.jsonl': '{"tokens":[8,9]}\n{"text":"a"}' };
    assert.deepEqual(lists(await load(t, rows, { seqLen: 5, maxSequences: 1 })), [[8, 9]]);
    assert.deepEqual(lists(await load(t, files, { seqLen: 2 })), [
      [1, 97],
      [8, 9],
      [1, 98],
      [7, 7, 7],
      [6, 6],
    ]);
  });
});

describe('a corpus that cannot be used', () => {
  const ROWS = ['{"text"}', '{"question", "answer"}', '"instruction"', '{"tokens": [...]}'];
  const FAULTS: [string, string, string | Uint8Array, string[], Options?][] = [
    ['empty', 'a.txt', '', ['the file is empty']],
    ['empty of questions', 'a.csv', '', ['the file is empty']],
    ['without text', 'a.txt', ' \n\n\t\n', ['holds no document']],
    ['without rows', 'a.jsonl', '\n', ['holds no document']],
    ['an empty array', 'a.json', '[]', ['holds no document']],
    ['of an unknown kind', 'a.docx', 'x', ['".docx"', '.jsonl']],
    ['no parquet at all', 'a.parquet', 'x', ['not a complete parquet file']],
    ['without an ending', 'corpus', 'x', ['.txt, .md, .jsonl', '.parquet or .arrow']],
    ['not UTF-8', 'a.txt', Buffer.from('ab\ncd\xff\n', 'latin1'), ['line 2', 'byte 5', 'UTF-8']],
    ['UTF-16', 'a.jsonl', Buffer.from('\ufeff{"text":"a"}', 'utf16le'), ['line 1', 'byte 0', 'UTF-8']],
    [
      'a character that does not go on',
      'a.txt',
      Buffer.from('ab\xe2\x82c', 'latin1'),
      ['line 1', 'byte 2', 'UTF-8'],
    ],
    ['cut within a character', 'a.json', Buffer.from('[{"text":"\xc3', 'latin1'), ['not JSON', 'no end']],
    ['broken JSON', 'a.json', '[{"text":"a"},', ['not JSON', '.jsonl']],
    ['a broken row', 'a.jsonl', '{"text":"a"}\n\n{"text":', ['row 3', 'not JSON', ...ROWS]],
    ['a row that is no object', 'a.jsonl', '{"text":"a"}\n["b"]', ['row 2', 'not an object', ...ROWS]],
    ['a row of no form', 'a.jsonl', '{"title":"a","body":"b"}', ['row 1', 'title, body', ...ROWS]],
    ['half a question', 'a.json', '[{"text":"a"},{"question":"a"}]', ['row 2', 'question', ...ROWS]],
    ['text that is a number', 'a.jsonl', '{"text":5}', ['row 1', '"text"']],
    ['an answer that is a number', 'a.jsonl', '{"question":"a","answer":5}', ['row 1', '"answer"']],
    ['input that is a list', 'a.jsonl', '{"instruction":"a","input":[],"output":"b"}', ['row 1', '"input"']],
    ['tokens that are text', 'a.jsonl', '{"tokens":"1 2"}', ['row 1', '"tokens" is not a list']],
    [
      'more than half without text',
      'a.jsonl',
      '{"text":null}\n{"text":"a"}\n{"tokens":[1]}',
      ['of 3 rows 2', '1 without text, 1 shorter than two tokens', 'more than half'],
    ],
    ['a token beyond the vocabulary', 'a.jsonl', '{"tokens":[1,1000]}', ['row 1', '1000 at index 1', '999']],
    ['a negative token', 'a.jsonl', '{"tokens":[1,2]}\n{"tokens":[-1,2]}', ['row 2', '-1 at index 0']],
    ['a fractional token', 'a.jsonl', '{"tokens":[1,2.5]}', ['row 1', '2.5 at index 1']],
    ['a token that is text', 'a.jsonl', '{"tokens":["1",2]}', ['row 1', '"1" at index 0']],
    [
      'too many tokens',
      'a.jsonl',
      '{"tokens":[1,2,3]}',
      ['row 1', '3 ids', '2 positions'],
      { maxPositions: 2 },
    ],
    ['a bad answer', 'a.csv', 'Why?,p,q,r,s,E', ['row 1', '"E"', 'A, B, C, D']],
    [
      'less than one sequence',
      'a.txt',
      'abc',
      ['holds 4 tokens', 'sequence of 5', 'lower --seq-len'],
      { seqLen: 5 },
    ],
    [
      'text less than one sequence beside rows of ids',
      'a.jsonl',
      '{"tokens":[1,2]}\n{"text":"a"}',
      ['holds 2 tokens'],
      { seqLen: 5 },
    ],
    [
      'longer than the positions',
      'a.txt',
      'abcdef',
      ['--seq-len 5', '4 positions'],
      { seqLen: 5, maxPositions: 4 },
    ],
    ['sequences of one token', 'a.txt', 'abc', ['--seq-len 1', 'at least 2'], { seqLen: 1 }],
    ['sequences of a fraction', 'a.txt', 'abc', ['--seq-len 2.5'], { seqLen: 2.5 }],
    ['no sequence asked for', 'a.txt', 'abc', ['--max-sequences 0'], { maxSequences: 0 }],
  ];
  for (const [what, name, content, parts, options] of FAULTS) {
    it(what, async (t) => {
      // A setting's fault is told by the setting alone.
      const file = parts[0]?.startsWith('--') === true ? [] : [name];
      // The second time the text may be in the cache, where it is no better.
      for (const read of [load, load]) {
        await expectInputRejection(read(t, { [name]: content }, options), ...file, ...parts);
      }
    });
  }

  it('missing, an empty folder, or not named at all', async (t) => {
    const folder = temporaryFolder(t);
    const request = { seqLen: 2, vocabSize: 10, folder: characterTokenizer(t), field: '--probe' };
    const read = (...paths: string[]): Promise<Corpus> => loadCorpus({ ...request, paths }, SILENT_TASK);
    const missing = join(folder, 'no.txt');
    await expectInputRejection(read(missing), '--probe', missing, 'no such file');
    mkdirSync(join(folder, 'folder.txt'));
    await expectInputRejection(read(join(folder, 'folder.txt')), '--probe', 'folder');
    await expectInputRejection(read(), '--probe', 'no file');
  });

  it('missing, although an earlier file would have been enough', async (t) => {
    const folder = temporaryFolder(t);
    const first = join(folder, 'a.txt');
    writeFileSync(first, 'abcdef');
    const request = { paths: [first, join(folder, 'no.txt')], seqLen: 2, vocabSize: 1000, maxSequences: 1 };
    await expectInputRejection(
      loadCorpus({ ...request, folder: characterTokenizer(t) }, SILENT_TASK),
      'no.txt',
    );
  });
});

describe('batches', () => {
  const sequences = [Int32Array.of(1, 2, 3), Int32Array.of(4, 5), Int32Array.of(6, 7, 8, 9)];

  it('fills rows up on the right', () => {
    const batch = makeBatch(sequences);
    assert.deepEqual([batch.batch, batch.length, [...batch.lengths]], [3, 4, [3, 2, 4]]);
    assert.deepEqual([...batch.tokens], [1, 2, 3, 0, 4, 5, 0, 0, 6, 7, 8, 9]);
  });

  it('keeps the order, and the last may be smaller', () => {
    const [first, second, ...rest] = batches(listOf(sequences), 2);
    assert.deepEqual([...(first?.tokens ?? [])], [1, 2, 3, 4, 5, 0]);
    assert.deepEqual([...(second?.tokens ?? [])], [6, 7, 8, 9]);
    assert.equal(second?.batch, 1);
    assert.deepEqual(rest, []);
    assert.deepEqual([...batches(NO_SEQUENCES, 2)], []);
    assert.equal(batches(listOf(sequences), 2).length, 2);
  });
});
