import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { LineFollower, linesFromEnd, type Line } from '../../../src/node/files/lineFile';
import { seededRandom } from '../../../src/shared/common/random';
import { temporaryFolder } from '../../support/temporaryFolder';

function backwards(file: string, limit = Infinity): Line[] {
  const handle = openSync(file, 'r');
  try {
    return [...linesFromEnd(handle, statSync(file).size, limit)];
  } finally {
    closeSync(handle);
  }
}

function written(t: TestContext, content: string): string {
  const file = join(temporaryFolder(t), 'log');
  writeFileSync(file, content);
  return file;
}

describe('lines of a file from its end', () => {
  it('are the lines of the file, reversed, whatever their lengths are', (t) => {
    const random = seededRandom(3);
    const lines = Array.from(
      { length: 60 },
      (_, index) => `${index} ${'ä'.repeat(Math.floor(random() ** 4 * 90_000))}`,
    );
    const file = written(t, lines.map((line) => `${line}\n`).join(''));
    const found = backwards(file);
    assert.deepEqual(
      found.map(({ text }) => text),
      lines.toReversed(),
    );
    let offset = 0;
    const offsets = lines.map((line) => {
      const begin = offset;
      offset += Buffer.byteLength(line) + 1;
      return begin;
    });
    assert.deepEqual(
      found.map((line) => line.offset),
      offsets.toReversed(),
    );
  });

  it('leave out a torn last line', (t) => {
    assert.deepEqual(backwards(written(t, 'one\ntwo\nthr')), [
      { text: 'two', offset: 4 },
      { text: 'one', offset: 0 },
    ]);
    assert.deepEqual(backwards(written(t, 'torn')), []);
    assert.deepEqual(backwards(written(t, '')), []);
  });

  it('keep empty lines', (t) => {
    assert.deepEqual(
      backwards(written(t, '\n\nlast\n')).map(({ text }) => text),
      ['last', '', ''],
    );
  });

  it('stop at the limit, with whole lines only', (t) => {
    const file = written(t, 'first line\nsecond\nthird\n');
    assert.deepEqual(
      backwards(file, 9).map(({ text }) => text),
      ['third'],
    );
    assert.deepEqual(
      backwards(file, 14).map(({ text }) => text),
      ['third', 'second'],
    );
  });
});

describe('a follower of a growing file', () => {
  it('gives each line once, when it is whole', (t) => {
    const file = join(temporaryFolder(t), 'log');
    const follower = new LineFollower(file);
    assert.deepEqual(follower.read(), []);
    writeFileSync(file, 'one\ntw');
    assert.deepEqual(follower.read(), [{ text: 'one', offset: 0 }]);
    assert.deepEqual(follower.read(), []);
    appendFileSync(file, 'o\n\nthree\n');
    assert.deepEqual(
      follower.read().map(({ text }) => text),
      ['two', '', 'three'],
    );
    assert.equal(follower.offset, statSync(file).size);
  });

  it('goes on where a torn line was cut off', (t) => {
    const file = written(t, 'one\nto');
    const follower = new LineFollower(file);
    follower.read();
    truncateSync(file, 4);
    appendFileSync(file, 'two\n');
    assert.deepEqual(follower.read(), [{ text: 'two', offset: 4 }]);
  });

  it('reads a file that replaced the old one from its start', (t) => {
    const file = written(t, 'one\ntwo\n');
    const follower = new LineFollower(file);
    follower.read();
    truncateSync(file, 0);
    appendFileSync(file, 'new\n');
    assert.deepEqual(
      follower.read().map(({ text }) => text),
      ['new'],
    );
    writeFileSync(`${file}.other`, 'a longer first line\n');
    renameSync(`${file}.other`, file);
    assert.deepEqual(
      follower.read().map(({ text }) => text),
      ['a longer first line'],
    );
  });
});
