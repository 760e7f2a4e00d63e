import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { blocksOf, expectReadError, outcomesOf, textsOf } from '../../support/reading';
import { temporaryFolder } from '../../support/temporaryFolder';

// Made by test/unit/data/readingFixtures/make.py with pyarrow.
const fixture = (name: string): string => join(process.cwd(), 'test/unit/data/readingFixtures', name);
const NULL = { kind: 'skipped', reason: 'null' } as const;
/** What the fixtures' texts are as rows. */
const OUTCOMES = [
  { row: 1, kind: 'text', text: 'Löwe' },
  { row: 2, ...NULL },
  { row: 3, kind: 'skipped', reason: 'empty' },
  { row: 4, kind: 'text', text: 'four\n\nlines' },
  { row: 5, kind: 'text', text: 'five' },
];
const LARGE = { limits: { vocabSize: 2 ** 31 } };
const IDS = [
  { row: 1, kind: 'tokens', tokens: Int32Array.of(1, 2, 3) },
  { row: 2, kind: 'skipped', reason: 'short' },
  { row: 3, kind: 'tokens', tokens: Int32Array.of(2 ** 31 - 1, 0) },
  { row: 4, ...NULL },
  { row: 5, kind: 'tokens', tokens: Int32Array.of(7, 8) },
];

describe('parquet', () => {
  for (const codec of ['snappy', 'gzip', 'brotli', 'zstd', 'lz4']) {
    it(`packed with ${codec}`, async () => {
      assert.deepEqual(await outcomesOf(fixture(`${codec}.parquet`)), OUTCOMES);
    });
  }

  it('large strings in pages of version 2', async () => {
    assert.deepEqual(await outcomesOf(fixture('large.parquet')), OUTCOMES);
  });

  it('a column within another, and only that', async () => {
    const file = fixture('nested.parquet');
    const rows = (await blocksOf(file, 'a.b')).flatMap((block) => (block.kind === 'rows' ? block.rows : []));
    assert.deepEqual(rows, [
      { a: { b: 'Löwe' } },
      { a: { b: null } },
      { a: { b: '' } },
      { a: { b: 'four\n\nlines' } },
      { a: null },
    ]);
    assert.deepEqual(await outcomesOf(file, { textColumn: 'a.b' }), [
      ...OUTCOMES.slice(0, 4),
      { row: 5, ...NULL },
    ]);
  });

  it('lists of 64-bit ids', async () => {
    assert.deepEqual(await outcomesOf(fixture('ids.parquet'), { ...LARGE, textColumn: 'input_ids' }), IDS);
    assert.deepEqual((await outcomesOf(fixture('ids.parquet'), LARGE)).slice(0, 3), IDS.slice(0, 3));
  });

  it('rows that reach over pages', async () => {
    const rows = Array.from({ length: 24 }, (_, row) => row);
    const file = fixture('turns.parquet');
    assert.deepEqual(
      await textsOf(file),
      rows.map((row) => (row === 0 ? '0' : `${row}\n\n${'x'.repeat(row)}`)),
    );
    const words = (await blocksOf(file, 'words')).flatMap((block) =>
      block.kind === 'rows' ? block.rows : [],
    );
    assert.deepEqual(
      words,
      rows.map((row) => ({ words: rows.slice(0, row).map((item) => `${row}.${item}`) })),
    );
  });

  it('columns that are not there, or hold no text', async () => {
    const numbers = fixture('numbers.parquet');
    await expectReadError(() => blocksOf(numbers), 'numbers.parquet', '"text"', 'INT');
    await expectReadError(() => blocksOf(numbers, 'body'), '"body"', 'text, score');
    await expectReadError(() => blocksOf(numbers, 'score'), '"score"', 'DOUBLE', '--text-column');
    await expectReadError(() => blocksOf(fixture('nested.parquet')), 'id, a.b, a.c', '--text-column');
    await expectReadError(() => blocksOf(fixture('nested.parquet'), 'a.d'), '"a.d"', 'id, a.b, a.c');
    await expectReadError(() => blocksOf(fixture('nested.parquet'), 'a'), '"a" holds struct');
  });

  it('damaged at any position', async (t) => {
    const folder = temporaryFolder(t);
    const whole = readFileSync(fixture('snappy.parquet'));
    const end = whole.length;
    const FAULTS: [string, Uint8Array][] = [
      ['cut', whole.subarray(0, -50)],
      ['other', Buffer.from('x'.repeat(100))],
      ['short', Buffer.from('PAR1')],
      [
        'footer',
        Buffer.concat([whole.subarray(0, end - 60), Buffer.alloc(52, 0xff), whole.subarray(end - 8)]),
      ],
      [
        'length',
        Buffer.concat([
          whole.subarray(0, end - 8),
          Buffer.from([0xff, 0xff, 0xff, 0x7f]),
          whole.subarray(end - 4),
        ]),
      ],
      ['page', Buffer.concat([whole.subarray(0, 4), Buffer.alloc(40, 0xff), whole.subarray(44)])],
    ];
    for (const [name, bytes] of FAULTS) {
      const file = join(folder, `${name}.parquet`);
      writeFileSync(file, bytes);
      await expectReadError(
        () => blocksOf(file),
        `${name}.parquet: is not a complete parquet file`,
        'download it again',
      );
    }
  });
});

describe('Arrow', () => {
  for (const name of ['stream.arrow', 'file.arrow']) {
    it(`${name}: strings in a dictionary, large strings, lists of ids`, async () => {
      assert.deepEqual(await outcomesOf(fixture(name)), OUTCOMES);
      assert.deepEqual(await outcomesOf(fixture(name), { textColumn: 'input' }), OUTCOMES);
      assert.deepEqual(await outcomesOf(fixture(name), { ...LARGE, textColumn: 'ids' }), IDS);
    });
  }

  it('cut short, damaged, or without the column', async (t) => {
    const folder = temporaryFolder(t);
    const whole = readFileSync(fixture('stream.arrow'));
    const FAULTS: [string, Uint8Array, string[]][] = [
      ['cut.arrow', whole.subarray(0, -300), ['ends in the middle']],
      ['other.arrow', Buffer.from('x'.repeat(100)), ['not a readable Arrow stream']],
      [
        'zeros.arrow',
        Buffer.concat([whole.subarray(0, 8), Buffer.alloc(whole.length - 8)]),
        ['not a readable Arrow stream'],
      ],
    ];
    for (const [name, bytes, parts] of FAULTS) {
      writeFileSync(join(folder, name), bytes);
      await expectReadError(() => blocksOf(join(folder, name)), name, ...parts);
    }
    await expectReadError(() => blocksOf(fixture('stream.arrow'), 'body'), '"body"', 'text, input, ids');
  });
});
