import assert from 'node:assert/strict';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acquireLock, removeStaleLock } from '../../../src/node/files/folderLock';
import { withFolder } from '../../support/provisionHost';

// No process has it: above the largest process number of Linux.
const deadPid = 2 ** 22 + 7;

describe('the lock of setup', () => {
  it('makes the second wait until the first is done, and tells whom it waits for', () =>
    withFolder(async (home) => {
      const order: string[] = [];
      const release = await acquireLock(home, { onWait: () => order.push('first waits') });
      const second = acquireLock(home, {
        onWait: (pid) => order.push(`second waits for ${String(pid)}`),
        pollMs: 5,
      }).then((releaseSecond) => {
        order.push('second works');
        return releaseSecond;
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push('first ends');
      release();
      (await second)();
      assert.deepEqual(order, [`second waits for ${String(process.pid)}`, 'first ends', 'second works']);
      assert.equal(existsSync(join(home, 'lock')), false);
    }));

  it('is never held by two of many', () =>
    withFolder(async (home) => {
      let owners = 0;
      let most = 0;
      const one = async (): Promise<void> => {
        const release = await acquireLock(home, { onWait: () => undefined, pollMs: 2 });
        owners += 1;
        most = Math.max(most, owners);
        await new Promise((resolve) => setTimeout(resolve, 5));
        owners -= 1;
        release();
      };
      await Promise.all(Array.from({ length: 6 }, one));
      assert.equal(most, 1);
    }));

  it('is taken away where its process was killed, and left where it lives', () =>
    withFolder((home) => {
      const path = join(home, 'lock');
      const left = [deadPid, process.pid].map((pid) => {
        writeFileSync(path, JSON.stringify({ pid, host: hostname(), token: 't' }));
        removeStaleLock(home);
        return existsSync(path);
      });
      assert.deepEqual(left, [false, true]);
    }));

  const stale = [
    ['of a dead process', JSON.stringify({ pid: deadPid, host: hostname(), token: 't' }), 0],
    [
      'of another machine without a heartbeat',
      JSON.stringify({ pid: 1, host: 'elsewhere', token: 't' }),
      120,
    ],
    ['that is not JSON', '{', 120],
  ] as const;
  for (const [what, content, ageSeconds] of stale) {
    it(`is taken over from a lock ${what}`, () =>
      withFolder(async (home) => {
        const path = join(home, 'lock');
        writeFileSync(path, content);
        const then = new Date(Date.now() - ageSeconds * 1000);
        utimesSync(path, then, then);
        const waited: number[] = [];
        const release = await acquireLock(home, { onWait: (pid) => waited.push(pid), pollMs: 5 });
        assert.deepEqual(waited, []);
        assert.match(readFileSync(path, 'utf8'), new RegExp(`"pid":${String(process.pid)},`));
        release();
      }));
  }

  it('gives up waiting when it is stopped, and leaves the owner alone', () =>
    withFolder(async (home) => {
      const release = await acquireLock(home, { onWait: () => undefined });
      const controller = new AbortController();
      const second = acquireLock(home, {
        signal: controller.signal,
        onWait: () => {
          controller.abort();
        },
      });
      await assert.rejects(second, { name: 'AbortError' });
      assert.ok(existsSync(join(home, 'lock')));
      release();
    }));
});
