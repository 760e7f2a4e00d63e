import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { HANG_MILLISECONDS } from '../support/hang';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

/** Starts a process of its own session, as the extension starts a trainer, then idles. */
const COMMAND = `
const { spawn } = require('node:child_process');
const idle = 'setInterval(() => undefined, 1000)';
const detached = spawn(process.execPath, ['-e', idle], { detached: true, stdio: 'ignore' });
detached.unref();
require('node:fs').writeFileSync(process.argv[1], JSON.stringify([process.pid, detached.pid]));
setInterval(() => undefined, 1000);
`;

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + HANG_MILLISECONDS;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `waited for ${what}`);
    await setTimeout(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A guard over the command above, in a folder of its own, and what the command started. */
async function guarded(
  t: TestContext,
): Promise<{ guard: ChildProcess; folder: string; processes: readonly number[] }> {
  const outer = temporaryFolder(t);
  const folder = join(outer, 'profile');
  mkdirSync(folder);
  writeFileSync(join(folder, 'settings.json'), '{}');
  const told = join(outer, 'processes.json');
  const script = join(projectRoot, 'scripts/guard.mjs');
  const guard = spawn(process.execPath, [script, folder, process.execPath, '-e', COMMAND, told], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await until('the command to start', () => existsSync(told) && readFileSync(told, 'utf8').endsWith(']'));
  return { guard, folder, processes: JSON.parse(readFileSync(told, 'utf8')) as number[] };
}

// Without /proc the guard cannot know of processes that left its group.
const skip = existsSync('/proc') ? false : 'this system has no /proc';

const ENDINGS: Readonly<Record<string, (guard: ChildProcess) => void>> = {
  'its starter is gone': (guard) => guard.stdin?.destroy(),
  'it gets SIGINT': (guard) => guard.kill('SIGINT'),
  'it gets SIGTERM': (guard) => guard.kill('SIGTERM'),
};
for (const [when, end] of Object.entries(ENDINGS)) {
  it(
    `the guard of a test server ends all that it started, detached or not, when ${when}`,
    { skip },
    async (t) => {
      const { guard, folder, processes } = await guarded(t);
      assert.deepEqual(processes.map(isAlive), [true, true]);
      const ended = new Promise((resolve) => guard.once('close', resolve));
      end(guard);
      await ended;
      await until('the processes to end', () => !processes.some(isAlive));
      assert.equal(existsSync(folder), false);
    },
  );
}
