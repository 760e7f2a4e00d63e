import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import * as v from 'valibot';
import { corpusFilesOf } from '../../../src/node/texts/corpusFiles';
import { outcomesOf, textsOf } from '../../support/reading';

const folder = join(process.cwd(), '..', 'shared', 'cases', 'texts');

function sharedText(t: TestContext, name: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) {
    return path;
  }
  t.skip(`the shared cases have no texts/${name} on this machine`);
  return undefined;
}

/** The documents of plain.jsonl, read in the simplest way that there is. */
function reference(): string[] {
  const lines = readFileSync(join(folder, 'plain.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => v.parse(v.object({ text: v.string() }), JSON.parse(line)).text);
}

const STORY = 'Tell me a story.';

describe('the shared cases', () => {
  const SAME = [
    'plain.jsonl',
    'members.jsonl.gz',
    'frames.jsonl.zst',
    'window.jsonl.zst',
    'content.jsonl',
    'text.csv',
    'text-none.parquet',
    'text-snappy.parquet',
    'text-zstd.parquet',
    'saved_dataset',
  ];
  for (const name of SAME) {
    it(`${name} has the documents of plain.jsonl`, async (t) => {
      const path = sharedText(t, name);
      if (path !== undefined) {
        const files = corpusFilesOf(path, '--data');
        const texts = await Promise.all(files.map((file) => textsOf(file)));
        assert.deepEqual(texts.flat(), reference());
      }
    });
  }

  it('shards are read in name order, and hold every third document', async (t) => {
    const path = sharedText(t, 'shards');
    if (path !== undefined) {
      const files = corpusFilesOf(path, '--data');
      assert.deepEqual(
        files.map((file) => basename(file)),
        [0, 1, 2].map((index) => `part-0000${index}-of-00003.jsonl.gz`),
      );
      const texts = await Promise.all(files.map((file) => textsOf(file)));
      const thirds = [0, 1, 2].map((shard) => reference().filter((_, index) => index % 3 === shard));
      assert.deepEqual(texts, thirds);
    }
  });

  it('conversations without a template are their contents, one a paragraph', async (t) => {
    const expected = (texts: readonly string[], ...before: string[]): string[] =>
      texts.map((text) => [...before, text].join('\n\n'));
    for (const [name, ...before] of [
      ['messages.jsonl', STORY],
      ['messages.parquet', STORY],
      ['sharegpt.jsonl', 'You are kind.', STORY],
    ]) {
      const path = sharedText(t, name ?? '');
      if (path !== undefined) {
        const outcomes = await outcomesOf(path);
        assert.deepEqual(
          outcomes.map((outcome) =>
            outcome.kind === 'text' && outcome.chat === true ? outcome.text : outcome,
          ),
          expected(reference(), ...before),
          name,
        );
      }
    }
  });

  it('a prompt and its completion are joined as they are', async (t) => {
    const path = sharedText(t, 'prompt_completion.jsonl');
    if (path !== undefined) {
      assert.deepEqual(
        await textsOf(path),
        reference().map((text) => `${STORY}\n${text}`),
      );
    }
  });

  it('nulls.parquet has 19 documents and 5 rows without', async (t) => {
    const path = sharedText(t, 'nulls.parquet');
    if (path !== undefined) {
      const outcomes = await outcomesOf(path);
      const missing = outcomes.filter((outcome) => outcome.kind === 'skipped' && outcome.reason === 'null');
      assert.deepEqual(
        missing.map(({ row }) => row),
        [1, 6, 11, 16, 21],
      );
      assert.deepEqual(
        await textsOf(path),
        reference().filter((_, index) => index % 5 !== 0),
      );
    }
  });

  it('bad_rows.jsonl has 26 documents, a null and an empty row', async (t) => {
    const path = sharedText(t, 'bad_rows.jsonl');
    if (path !== undefined) {
      const outcomes = await outcomesOf(path);
      const skipped = outcomes.filter(({ kind }) => kind !== 'text');
      assert.deepEqual(skipped, [
        { row: 4, kind: 'skipped', reason: 'null' },
        { row: 5, kind: 'skipped', reason: 'empty' },
      ]);
      const [one, two, three, ...rest] = reference();
      const between = ['with a score', 'a count beside it'];
      assert.deepEqual(await textsOf(path), [one, two, three, ...between, ...rest]);
    }
  });

  it('page.md is one document', async (t) => {
    const path = sharedText(t, 'page.md');
    if (path !== undefined) {
      assert.deepEqual(await textsOf(path), [readFileSync(path, 'utf8')]);
    }
  });
});
