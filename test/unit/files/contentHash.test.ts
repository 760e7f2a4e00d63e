import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AdeptError } from '../../../src/shared/common/errors';
import { contentHash, sha256OfFile } from '../../../src/node/files/contentHash';
import { temporaryFolder } from '../../support/temporaryFolder';

describe('the hash of contents', () => {
  it('is that of the hashes of the files, wherever they lie', async (t) => {
    const folder = temporaryFolder(t);
    const write = (name: string, content: string | Buffer): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    // Longer than one read.
    const long = Buffer.alloc((1 << 20) + 7, 'x');
    const [a, b, other] = [write('a', 'one'), write('b', long), write('other name', 'one')];
    const of = (content: string | Buffer): Buffer => createHash('sha256').update(content).digest();
    const expected = createHash('sha256').update(of('one')).update(of(long)).digest('hex');
    assert.equal(await contentHash([a, b]), expected);
    assert.equal(await contentHash([other, b]), expected);
    assert.notEqual(await contentHash([b, a]), expected);
    assert.notEqual(await contentHash([write('halves', 'o'), write('of it', 'ne')]), await contentHash([a]));
    assert.equal(await sha256OfFile(b), of(long).toString('hex'));
  });

  it('names a file that cannot be read', async (t) => {
    const file = join(temporaryFolder(t), 'gone');
    await assert.rejects(contentHash([file]), (error: unknown) => {
      assert.ok(error instanceof AdeptError && error.exitStatus === 2, String(error));
      assert.match(error.message, /gone: there is no such file/);
      return true;
    });
  });
});
