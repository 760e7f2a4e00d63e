import assert from 'node:assert/strict';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { namedTogether } from '../../../src/node/texts/namedTogether';
import { suggestedTexts } from '../../../src/node/texts/suggestedTexts';
import { KnownTokens } from '../../../src/node/texts/knownTokens';
import { NOTHING_SKIPPED, STORE_FILES, type StoredText } from '../../../src/shared/texts/storedText';
import { temporaryFolder } from '../../support/temporaryFolder';

/** A cache folder and texts that it may know. */
class World {
  readonly folder: string;
  readonly cache: string;
  private made = 0;

  constructor(t: TestContext) {
    this.folder = temporaryFolder(t);
    this.cache = join(this.folder, 'cache');
    mkdirSync(this.cache);
  }

  file(name: string, content = 'text'): string {
    const path = join(this.folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** As the trainer keeps a text that it read, at a time in seconds. */
  keep(files: readonly string[], change: Partial<StoredText>, usedAt = 1000): void {
    const folder = join(this.cache, String(this.made++).padStart(32, '0'));
    const text: StoredText = {
      ...{ format: 'adept.text/1', key: 'k', complete: true, tokenizer: 't', width: 2 },
      files: files.map((path) => {
        const { size, mtimeMs } = statSync(path);
        return { path, bytes: size, modified: Math.floor(mtimeMs) };
      }),
      ...{ documents: 1, tokens: 10, frame: null, rows: 0, rowTokens: 0, textBytes: 4, read: 1 },
      ...{ skipped: NOTHING_SKIPPED, startTwice: 0, plainChats: 0 },
      position: { file: 0, row: 1, bytes: 4 },
      ...change,
    };
    mkdirSync(folder);
    writeFileSync(join(folder, STORE_FILES.description), JSON.stringify(text));
    utimesSync(folder, usedAt, usedAt);
  }

  of(...files: readonly string[]): number | undefined {
    return KnownTokens.in(this.cache, 't').of(files);
  }
}

describe('tokens of texts that were read before', () => {
  it('are known by path, size and time of change', (t) => {
    const world = new World(t);
    const file = world.file('a.txt');
    assert.equal(world.of(file), undefined);
    world.keep([file], { tokens: 70, rowTokens: 3 });
    assert.equal(world.of(file), 73);
    writeFileSync(file, 'text, and more of it');
    assert.equal(world.of(file), undefined);
    writeFileSync(file, 'text');
    utimesSync(file, 5, 5);
    assert.equal(world.of(file), undefined);
  });

  it('are not those of a text of which a part was read', (t) => {
    const world = new World(t);
    const file = world.file('a.txt');
    world.keep([file], { complete: false });
    assert.equal(world.of(file), undefined);
  });

  it('are those of the tokenizer that is asked for, whichever was used last', (t) => {
    const world = new World(t);
    const [file, unread] = [world.file('a.txt'), world.file('b.txt')];
    world.keep([file], { tokens: 5 }, 1000);
    world.keep([file], { tokens: 8, tokenizer: 'other' }, 2000);
    world.keep([unread], { tokens: 8, tokenizer: 'other' }, 2000);
    assert.deepEqual([world.of(file), world.of(unread)], [5, undefined]);
  });

  it('are those of several files together, or else the sum of each', (t) => {
    const world = new World(t);
    const [a, b, c] = [world.file('a.txt'), world.file('b.txt'), world.file('c.txt')];
    world.keep([a, b], { tokens: 100 });
    assert.deepEqual([world.of(a, b), world.of(b, a), world.of(a)], [100, undefined, undefined]);
    world.keep([a], { tokens: 60 });
    world.keep([c], { tokens: 7 });
    assert.deepEqual([world.of(a, c), world.of(a, b), world.of(b, c)], [67, 100, undefined]);
  });

  it('are none without a cache, and of no files', (t) => {
    const world = new World(t);
    assert.equal(KnownTokens.in(join(world.folder, 'nowhere'), 't').of([world.file('a.txt')]), undefined);
    world.keep([world.file('a.txt')], {});
    assert.equal(world.of(), undefined);
  });
});

describe('texts that are suggested', () => {
  const numbered = (folder: string, ending: string): string[] =>
    Array.from({ length: 12 }, (_, index) => join(folder, `part-${index}${ending}`));

  it('leave out prose about a project and settings', () => {
    const files = [
      'a.txt',
      'README.txt',
      'notes.md',
      'b.tar.gz',
      'c.jsonl.gz',
      'package.json',
      'x.adept.json',
      'adept-manifest.json',
    ];
    assert.deepEqual(
      suggestedTexts(files.map((name) => join('/w', name))),
      ['a.txt', 'c.jsonl.gz'].map((name) => join('/w', name)),
    );
  });

  it('are a folder where it holds many of one kind, and a glob where it holds others too', () => {
    const shards = numbered('/w/shards', '.parquet');
    assert.deepEqual(suggestedTexts([...shards, '/w/shards/README.md', '/w/a.csv']), [
      '/w/a.csv',
      '/w/shards',
    ]);
    assert.deepEqual(suggestedTexts([...shards, '/w/shards/index.json']), [
      '/w/shards/*.parquet',
      '/w/shards/index.json',
    ]);
    assert.deepEqual(suggestedTexts([...shards, '/w/shards/more/a.parquet']), [
      '/w/shards/*.parquet',
      '/w/shards/more/a.parquet',
    ]);
  });
});

describe('files that are named together', () => {
  it('are their folder or a glob where that means just these, and each by itself otherwise', (t) => {
    const world = new World(t);
    const shards = ['x/a.txt', 'x/deep/b.txt'].map((name) => world.file(name));
    assert.deepEqual(namedTogether(shards), [join(world.folder, 'x')]);
    assert.deepEqual(namedTogether([...shards].reverse()), [...shards].reverse());
    const mixed = ['y/a.txt', 'y/b.txt'].map((name) => world.file(name));
    world.file('y/c.csv');
    assert.deepEqual(namedTogether(mixed), [join(world.folder, 'y', '*.txt')]);
    world.file('y/d.txt');
    assert.deepEqual(namedTogether(mixed), mixed);
    assert.deepEqual(namedTogether(['/gone/a.txt', '/gone/b.txt']), ['/gone/a.txt', '/gone/b.txt']);
    assert.deepEqual(namedTogether(['/gone/a.txt']), ['/gone/a.txt']);
  });
});
