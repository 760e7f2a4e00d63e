import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { contentHash } from '../../src/node/contentHash';
import { expectInputError } from '../support/expectInputError';
import { temporaryFolder } from '../support/temporaryFolder';

describe('the hash of contents', () => {
  it('is that of the hashes of the files, wherever they lie', (t) => {
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
    assert.equal(contentHash([a, b]), expected);
    assert.equal(contentHash([other, b]), expected);
    assert.notEqual(contentHash([b, a]), expected);
    assert.notEqual(contentHash([write('halves', 'o'), write('of it', 'ne')]), contentHash([a]));
  });

  it('names a file that cannot be read', (t) => {
    const file = join(temporaryFolder(t), 'gone');
    expectInputError(() => contentHash([file]), file);
  });
});
