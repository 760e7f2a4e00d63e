import assert from 'node:assert/strict';
import { appendFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { GrowingFile } from '../../../src/node/files/growingFile';
import { temporaryFolder } from '../../support/temporaryFolder';

interface Log {
  readonly file: string;
  readonly growing: GrowingFile;
}

function log(t: TestContext, content?: string): Log {
  const file = join(temporaryFolder(t), 'log');
  if (content !== undefined) {
    writeFileSync(file, content);
  }
  const growing = new GrowingFile(file);
  t.after(() => growing.close());
  return { file, growing };
}

/** What one opening finds: how the file is, and its lines since the last time; `null` for one that is too long. */
async function found({ growing }: Log): Promise<[string, (string | null)[]]> {
  const state = await growing.open();
  const lines: (string | null)[] = [];
  for (let next = await growing.next(); next !== undefined; next = await growing.next()) {
    const { bytes, end, tooLong } = next;
    lines.push(...(tooLong ? [null] : bytes.toString('utf8', 0, end).split('\n').slice(0, -1)));
  }
  return [state, lines];
}

describe('a growing file', () => {
  it('gives each line once, a torn last one when its end has come', async (t) => {
    const own = log(t, 'one\ntwo\nthr');
    assert.deepEqual(await found(own), ['same', ['one', 'two']]);
    assert.deepEqual(own.growing.progress, { read: 8, size: 11 });
    assert.deepEqual(await found(own), ['same', []]);
    appendFileSync(own.file, 'ee\n\nfive\n');
    assert.deepEqual(await found(own), ['same', ['three', '', 'five']]);
    assert.deepEqual(own.growing.progress, { read: 20, size: 20 });
  });

  it('may not be there yet, and be gone again', async (t) => {
    const own = log(t);
    assert.deepEqual(await found(own), ['missing', []]);
    writeFileSync(own.file, 'one\n');
    assert.deepEqual(await found(own), ['same', ['one']]);
    rmSync(own.file);
    assert.deepEqual(await found(own), ['new', []]);
    assert.deepEqual(await found(own), ['missing', []]);
  });

  it('is read anew when it became shorter, or other bytes stand before the place', async (t) => {
    const own = log(t, 'one\ntwo\n');
    assert.deepEqual(await found(own), ['same', ['one', 'two']]);
    truncateSync(own.file, 4);
    assert.deepEqual(await found(own), ['new', ['one']]);
    writeFileSync(own.file, 'ONE\nTWO\n');
    assert.deepEqual(await found(own), ['new', ['ONE', 'TWO']]);
    own.growing.rewind();
    assert.deepEqual(await found(own), ['same', ['ONE', 'TWO']]);
  });

  it('may have lines of any length up to 8 MiB; a longer one is passed over', async (t) => {
    const [fits, long] = ['x'.repeat(3 * 2 ** 20), 'y'.repeat(9 * 2 ** 20)];
    const own = log(t, `one\n${fits}\n${long}`);
    const begun = await found(own);
    assert.deepEqual(
      begun[1].map((line) => line?.length),
      [3, fits.length],
    );
    assert.equal(own.growing.progress.read, statSync(own.file).size, 'what is there of it is past');
    // Its end comes later, and what follows it is a line again.
    assert.deepEqual(await found(own), ['same', []]);
    appendFileSync(own.file, 'yy\nlast\n');
    assert.deepEqual(await found(own), ['same', [null, 'last']]);
    assert.equal(own.growing.progress.read, statSync(own.file).size);
  });

  it('gives the error of what is there and cannot be read', async (t) => {
    const growing = new GrowingFile(temporaryFolder(t));
    t.after(() => growing.close());
    await assert.rejects(found({ file: '', growing }), { code: /^(EISDIR|EPERM)$/ });
  });
});
