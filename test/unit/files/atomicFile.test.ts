import assert from 'node:assert/strict';
import fs, { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { replaceFile, writeFileAtomic, writeFully } from '../../../src/node/files/atomicFile';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';

describe('writeFileAtomic', () => {
  it('creates and replaces a file and leaves nothing else behind', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'a.json');
    writeFileAtomic(file, 'first');
    writeFileAtomic(file, Uint8Array.of(0xc3, 0xa9));
    assert.equal(readFileSync(file, 'utf8'), 'é');
    assert.deepEqual(readdirSync(folder), ['a.json']);
  });

  it('syncs the content before the rename, and the folder after it', (t) => {
    const folder = temporaryFolder(t);
    const calls: string[] = [];
    for (const name of ['fsyncSync', 'renameSync'] as const) {
      t.mock.method(fs, name, (...args: [never, never]) => {
        calls.push(name);
        (originals[name] as (...values: [never, never]) => void)(...args);
      });
    }
    writeFileAtomic(join(folder, 'a'), 'text');
    assert.deepEqual(calls, ['fsyncSync', 'renameSync', 'fsyncSync']);
  });

  it('names the missing folder', (t) => {
    const file = join(temporaryFolder(t), 'no', 'a');
    expectInputError(
      () => {
        writeFileAtomic(file, 'x');
      },
      file,
      'create it',
    );
  });
});

const originals = { fsyncSync: fs.fsyncSync, renameSync: fs.renameSync };

describe('replaceFile', () => {
  it('keeps the old file and removes the temporary one when the disk is full half way', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'weights');
    writeFileSync(file, 'old');
    let written = 0;
    const write = fs.writeSync;
    t.mock.method(fs, 'writeSync', (fd: number, bytes: Uint8Array, offset: number, length: number) => {
      written += 1;
      if (written > 2) {
        throw Object.assign(new Error('write'), { code: 'ENOSPC' });
      }
      return write(fd, bytes, offset, Math.min(length, 4));
    });
    expectInputError(
      () => {
        replaceFile(
          file,
          (fd) => {
            writeFully(fd, new Uint8Array(100));
          },
          100,
        );
      },
      file,
      'no space left',
      '100 bytes',
      'free space',
    );
    assert.equal(written, 3);
    assert.equal(readFileSync(file, 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['weights']);
  });

  it('finds out that there is no room before it writes anything', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'weights');
    expectInputError(
      () => {
        replaceFile(file, () => assert.fail('written'), 2 ** 60);
      },
      file,
      'no space left',
      String(2 ** 60),
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('lets a defect of the writer through as it is, and cleans up', (t) => {
    const folder = temporaryFolder(t);
    assert.throws(() => {
      replaceFile(join(folder, 'a'), () => {
        throw new RangeError('defect');
      });
    }, RangeError);
    assert.deepEqual(readdirSync(folder), []);
  });
});
