import assert from 'node:assert/strict';
import fs, { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { clearIncomplete, ensureEmptyFolder, fillFolder } from '../../../src/node/files/outputFolder';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';

describe('ensureEmptyFolder', () => {
  it('creates a folder and its parents, and accepts one that is empty', (t) => {
    const folder = join(temporaryFolder(t), 'a', 'b');
    ensureEmptyFolder(folder, '--out');
    ensureEmptyFolder(folder, '--out');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('names what is in the way and touches none of it', (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    mkdirSync(join(folder, 'other'));
    expectInputError(
      () => {
        ensureEmptyFolder(folder, '--out');
      },
      '--out',
      folder,
      'not empty',
      'notes.txt',
      '1 more',
    );
    assert.equal(readFileSync(join(folder, 'notes.txt'), 'utf8'), 'mine');
  });

  it('refuses a file, and a folder below a file', (t) => {
    const file = join(temporaryFolder(t), 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')]) {
      expectInputError(
        () => {
          ensureEmptyFolder(path, '--out');
        },
        path,
        'name a folder',
      );
    }
    assert.ok(existsSync(file));
  });
});

describe('fillFolder', () => {
  const fill = (folder: string, file: string): void => {
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', file), 'half');
  };

  it('leaves what was written, and nothing beside it', async (t) => {
    const folder = join(temporaryFolder(t), 'a', 'b');
    const result = await fillFolder(folder, '--out', () => {
      fill(folder, 'x');
      return Promise.resolve(5);
    });
    assert.equal(result, 5);
    assert.deepEqual(readdirSync(folder), ['sub']);
  });

  for (const [what, before] of [
    ['a folder that did not exist, with the parents made for it', false],
    ['what is in a folder that was empty', true],
  ] as const) {
    it(`takes away, when the work fails, ${what}`, async (t) => {
      const base = temporaryFolder(t);
      const folder = join(base, 'a', 'b');
      mkdirSync(before ? folder : base, { recursive: true });
      const failing = fillFolder(folder, '--out', () => {
        fill(folder, 'x');
        return Promise.reject(new RangeError('defect'));
      });
      await assert.rejects(failing, RangeError);
      assert.deepEqual(readdirSync(base, { recursive: true }), before ? ['a', 'a/b'] : []);
    });
  }

  it('lets what a kill left be told from any other folder', async (t) => {
    const base = temporaryFolder(t);
    const [killed, whole] = [join(base, 'killed'), join(base, 'whole')];
    // What is never awaited stands for a process that is killed.
    void fillFolder(killed, '--out', () => {
      fill(killed, 'x');
      return new Promise<never>(() => undefined);
    });
    await fillFolder(whole, '--out', () => {
      fill(whole, 'x');
      return Promise.resolve();
    });
    clearIncomplete(killed);
    clearIncomplete(whole);
    clearIncomplete(join(base, 'missing'));
    assert.deepEqual([readdirSync(killed), readdirSync(whole)], [[], ['sub']]);
    assert.ok(existsSync(killed));
  });

  it('is cleared again where clearing itself was killed', (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, '.adept-incomplete'), '');
    fill(folder, 'x');
    const { rmSync } = fs;
    let removed = 0;
    const removing = t.mock.method(fs, 'rmSync', (...args: Parameters<typeof rmSync>) => {
      if (removed === 1) {
        throw new RangeError('killed');
      }
      removed += 1;
      rmSync(...args);
    });
    assert.throws(() => {
      clearIncomplete(folder);
    }, RangeError);
    removing.mock.restore();
    clearIncomplete(folder);
    assert.deepEqual(readdirSync(folder), []);
  });
});
