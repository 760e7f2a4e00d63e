import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { corpusFilesOf, corpusForm } from '../../../src/node/texts/corpusFiles';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';

/** A folder with these files, and what an entry of a corpus names in it. */
function world(
  t: TestContext,
  files: readonly string[],
): { folder: string; named: (entry: string) => string[] } {
  const folder = temporaryFolder(t);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '{}');
  }
  const named = (entry: string): string[] =>
    corpusFilesOf(join(folder, entry), '--domain').map((file) => relative(folder, file));
  return { folder, named };
}

describe('the form of a corpus file', () => {
  const FORMS: [string, string, string?][] = [
    ['a.txt', 'txt'],
    ['A.MD', 'md'],
    ['a.b.jsonl.GZ', 'jsonl', 'gzip'],
    ['a.ndjson.zst', 'jsonl', 'zstd'],
    ['c4-train.00000-of-01024.json.gz', 'json', 'gzip'],
    ['a.tsv', 'tsv'],
    ['a.csv.zst', 'csv', 'zstd'],
    ['part-0.snappy.parquet', 'parquet'],
    ['data-00000-of-00001.arrow', 'arrow'],
  ];
  for (const [name, kind, compression = 'none'] of FORMS) {
    it(`${name} is ${kind}`, () => {
      assert.deepEqual(corpusForm(join('some.folder', name)), { kind, compression });
    });
  }

  for (const [name, ending] of [
    ['corpus', ''],
    ['a.parquet.gz', '.parquet.gz'],
    ['a.gz', '.gz'],
    ['a.docx', '.docx'],
  ]) {
    it(`${name ?? ''} is unknown`, () => {
      expectInputError(
        () => corpusForm(join('some.txt', name ?? ''), `--probe ${name ?? ''}`),
        '--probe',
        `"${ending ?? ''}"`,
        '.jsonl',
      );
    });
  }
});

describe('the files that an entry names', () => {
  it('a file, also one whose name looks like a glob', (t) => {
    const { named } = world(t, ['a.txt', 'b[1].txt', 'b1.txt', 'c*.txt', 'cd.txt']);
    assert.deepEqual(named('a.txt'), ['a.txt']);
    assert.deepEqual(named('b[1].txt'), ['b[1].txt']);
    assert.deepEqual(named('c*.txt'), ['c*.txt']);
  });

  it('globs, in plain order', (t) => {
    const files = [
      'B.jsonl',
      'a10.jsonl',
      'a2.jsonl',
      'ä.jsonl',
      'x.txt',
      'd/e/a.jsonl',
      'd/f.jsonl.gz',
      '[p]/q.jsonl',
    ];
    const { named } = world(t, files);
    assert.deepEqual(named('*.jsonl'), ['B.jsonl', 'a10.jsonl', 'a2.jsonl', 'ä.jsonl']);
    assert.deepEqual(named('a?.jsonl'), ['a2.jsonl']);
    assert.deepEqual(named('**/*.jsonl'), [
      'B.jsonl',
      '[p]/q.jsonl',
      'a10.jsonl',
      'a2.jsonl',
      'd/e/a.jsonl',
      'ä.jsonl',
    ]);
    assert.deepEqual(named('d/**/*.{jsonl,jsonl.gz}'), ['d/e/a.jsonl', 'd/f.jsonl.gz']);
    assert.deepEqual(named('[AB].jsonl'), ['B.jsonl']);
    assert.deepEqual(named('[p]/*.jsonl'), ['[p]/q.jsonl']);
  });

  it('links of a Hub cache, by their own names', (t) => {
    const { folder, named } = world(t, ['blobs/0a1b', 'snapshots/README.md']);
    symlinkSync(join(folder, 'blobs/0a1b'), join(folder, 'snapshots/train.parquet'));
    symlinkSync(folder, join(folder, 'snapshots/loop'));
    assert.deepEqual(named('snapshots/*.parquet'), ['snapshots/train.parquet']);
    symlinkSync(join(folder, 'none'), join(folder, 'snapshots/model.bin'));
    assert.deepEqual(named('snapshots'), ['snapshots/train.parquet']);
    symlinkSync(join(folder, 'none'), join(folder, 'snapshots/test.parquet'));
    expectInputError(() => named('snapshots'), 'test.parquet', 'is a link to');
  });

  it('the shards of a folder, in the order of their names, without what is no data', (t) => {
    const { named } = world(t, [
      ...['b/1.jsonl.gz', 'a/2.jsonl.gz', 'a/10.JSONL.GZ', 'c.jsonl.gz'],
      ...[
        'README.md',
        'LICENSE.txt',
        'licence',
        'dataset_infos.json',
        '.gitattributes',
        '.cache/x.json',
        '_SUCCESS',
        'train.py',
      ],
    ]);
    assert.deepEqual(named('.'), ['a/10.JSONL.GZ', 'a/2.jsonl.gz', 'b/1.jsonl.gz', 'c.jsonl.gz']);
  });

  it('a saved dataset, in the order of its state', (t) => {
    const { folder, named } = world(t, ['d/2.arrow', 'd/1.arrow', 'd/cache-1.arrow', 'e/1.arrow']);
    writeFileSync(
      join(folder, 'd/state.json'),
      '{"_data_files":[{"filename":"2.arrow"},{"filename":"1.arrow"}]}',
    );
    assert.deepEqual(named('d'), ['d/2.arrow', 'd/1.arrow']);
    writeFileSync(join(folder, 'd/state.json'), '{"_data_files":[{"filename":"3.arrow"}]}');
    expectInputError(() => named('d'), 'state.json', '3.arrow', 'missing');
    writeFileSync(join(folder, 'd/state.json'), '{"_data_files":[]}');
    expectInputError(() => named('d'), 'state.json', 'no data files');
    writeFileSync(join(folder, 'e/dataset_dict.json'), '{"splits":["train","test"]}');
    expectInputError(() => named('e'), '--domain', 'train, test', join('e', 'train'));
  });

  it('nothing, or nobody knows what', (t) => {
    const { named } = world(t, ['a/1.jsonl', 'a/2.parquet', 'b/README.md']);
    expectInputError(() => named('none.jsonl'), '--domain', 'none.jsonl', 'no such file');
    expectInputError(() => named('*.txt'), '--domain', '*.txt: no file matches');
    expectInputError(() => named('c/d/*.txt'), 'no file matches');
    expectInputError(() => named('b'), 'holds no corpus file');
    expectInputError(
      () => named('a'),
      '.jsonl, for example 1.jsonl; .parquet, for example 2.parquet',
      join('a', '**', '*.jsonl'),
    );
  });
});
