import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBlocks } from '../../../src/trainer/data/reading/readBlocks';
import { decodeInJavaScript, unpackZstd } from '../../../src/trainer/data/reading/zstd';
import { blocksOf, expectReadError, textsOf } from '../../support/reading';
import { temporaryFolder } from '../../support/temporaryFolder';

const rows = (...texts: string[]): string => texts.map((text) => `${JSON.stringify({ text })}\n`).join('');

/** A zstd frame of blocks that are not packed, or repeat one byte (RFC 8878, 3.1.1). */
function zstdFrame(...blocks: (Uint8Array | { readonly byte: number; readonly times: number })[]): Buffer {
  // No checksum, no content size; a window of 2^20 bytes.
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3]);
  const parts = blocks.map((block, index) => {
    const last = index === blocks.length - 1 ? 1 : 0;
    const repeated = 'byte' in block;
    const size = repeated ? block.times : block.length;
    const word = last | ((repeated ? 1 : 0) << 1) | (size << 3);
    const header = Buffer.from([word & 0xff, (word >> 8) & 0xff, word >> 16]);
    return Buffer.concat([header, repeated ? Buffer.from([block.byte]) : block]);
  });
  return Buffer.concat([head, ...parts]);
}

const skippable = (content: string): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a53, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, Buffer.from(content)]);
};

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) {
    all.push(piece);
  }
  return Buffer.concat(all).toString('utf8');
}

describe('archives', () => {
  it('gzip: several members, padding with zeros, names in upper case', async (t) => {
    const folder = temporaryFolder(t);
    const members = [gzipSync(rows('a', 'b')), gzipSync(''), gzipSync(rows('c')), Buffer.alloc(700)];
    const file = join(folder, 'A.JSONL.GZ');
    writeFileSync(file, Buffer.concat(members));
    assert.deepEqual(await textsOf(file), ['a', 'b', 'c']);
  });

  it('zstd: several frames, frames to skip, a frame of nothing', async (t) => {
    const file = join(temporaryFolder(t), 'a.jsonl.zst');
    const [first, second] = [Buffer.from(rows('a')), Buffer.from(rows('b', 'ö'))];
    const frames = [
      skippable('index'),
      zstdFrame(first),
      zstdFrame(Buffer.alloc(0)),
      // Shorter than what the decoder in JavaScript waits for.
      zstdFrame(Buffer.from('\n')),
      skippable(''),
      zstdFrame(second.subarray(0, 9), second.subarray(9)),
    ];
    writeFileSync(file, Buffer.concat(frames));
    assert.deepEqual(await textsOf(file), ['a', 'b', 'ö']);
    for (const size of [1, 7, 1000]) {
      const unpacked = unpackZstd(inPieces(Buffer.concat(frames), size), 'a', decodeInJavaScript);
      assert.equal(await joined(unpacked), `${rows('a')}\n${rows('b', 'ö')}`);
    }
  });

  it('questions in a packed table are those of the table', async (t) => {
    const file = join(temporaryFolder(t), 'a.csv.gz');
    writeFileSync(file, gzipSync('Why?,p,q,r,s,C\n'));
    assert.deepEqual(await textsOf(file), ['Why?\nA. p\nB. q\nC. r\nD. s\nAnswer: C']);
  });

  it('cut short, damaged, or none at all', async (t) => {
    const folder = temporaryFolder(t);
    const text = rows(...Array.from({ length: 3000 }, (_, index) => `${index * 7919}`));
    const gzip = gzipSync(text);
    const zstd = zstdFrame(Buffer.from(text));
    const broken = Buffer.from(gzip);
    broken.fill(0xff, 2000, 2010);
    const FAULTS: [string, Uint8Array, string[]][] = [
      ['cut.jsonl.gz', gzip.subarray(0, -20), ['the archive ends in the middle: download it again.']],
      ['cut2.jsonl.gz', Buffer.concat([gzip, gzip.subarray(0, 100)]), ['ends in the middle']],
      ['broken.jsonl.gz', broken, ['not a complete gzip archive', 'download it again']],
      ['none.jsonl.gz', Buffer.from(text), ['not a complete gzip archive']],
      ['empty.jsonl.gz', Buffer.alloc(0), ['empty']],
      ['void.jsonl.gz', gzipSync(''), ['empty']],
      ['cut.jsonl.zst', zstd.subarray(0, -20), ['the archive ends in the middle: download it again.']],
      ['cut2.jsonl.zst', Buffer.concat([zstd, zstd.subarray(0, 5)]), ['ends in the middle']],
      ['none.jsonl.zst', Buffer.from(text), ['not a complete zstd archive']],
    ];
    for (const [name, bytes, parts] of FAULTS) {
      writeFileSync(join(folder, name), bytes);
      await expectReadError(() => blocksOf(join(folder, name)), name, ...parts);
    }
  });

  it('a bomb: a small archive of one row without end', async (t) => {
    const folder = temporaryFolder(t);
    const block = { byte: 0x78, times: 2 ** 17 };
    // Three hundred mebibytes in some kilobytes.
    const frame = zstdFrame(Buffer.from('{"text":"a"}\n{"text":"'), ...Array<typeof block>(2400).fill(block));
    for (const name of ['bomb.jsonl.zst', 'bomb.txt.zst', 'bomb.md.zst', 'bomb.json.zst']) {
      writeFileSync(join(folder, name), frame);
      const row = name.endsWith('.jsonl.zst') ? ['row 2', '268435456 bytes'] : [];
      await expectReadError(() => blocksOf(join(folder, name)), name, ...row);
    }
  });
});

describe(
  'a reader that is no longer asked',
  { skip: process.platform !== 'linux' && 'open files are listed in /proc' },
  () => {
    const isOpen = (file: string): boolean =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === file;
        } catch {
          return false;
        }
      });

    it('closes the file', async (t) => {
      const folder = temporaryFolder(t);
      const text = rows(...Array.from({ length: 60_000 }, (_, index) => `${index} ${'text '.repeat(9)}`));
      const parquet = readFileSync(join(process.cwd(), 'test/unit/data/readingFixtures/turns.parquet'));
      const FILES: [string, string | Uint8Array][] = [
        ['a.jsonl', text],
        ['a.jsonl.gz', gzipSync(text)],
        ['a.jsonl.zst', zstdFrame(...Array.from({ length: 30 }, () => Buffer.from(text.slice(0, 100_000))))],
        ['a.txt', text.replaceAll('\n', '\n\n')],
        ['a.csv', `text\n${text}`],
        ['a.json', `[${text.trim().replaceAll('\n', ',')}]`],
        ['a.parquet', parquet],
      ];
      for (const [name, content] of FILES) {
        const file = join(folder, name);
        writeFileSync(file, content);
        for await (const block of readBlocks(file, {}, name)) {
          assert.ok(block.firstRow <= 2);
          assert.ok(isOpen(file) || content.length < 300_000, name);
          break;
        }
        assert.ok(!isOpen(file), name);
      }
      truncateSync(join(folder, 'a.jsonl.gz'), 100_000);
      await expectReadError(() => blocksOf(join(folder, 'a.jsonl.gz')), 'ends in the middle');
      assert.ok(!isOpen(join(folder, 'a.jsonl.gz')));
    });
  },
);
