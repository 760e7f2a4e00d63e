import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { reasonOf, run, type RunResult } from '../../../src/trainer/tfjs/engine/provision/run';
import { withFolder } from '../../support/provisionHost';

const node = process.execPath;

/** Set for the process that one test starts from this file and kills: where its child is to write its number. */
const roleVariable = 'ADEPT_TEST_SLEEPER';
const posixOnly = process.platform === 'win32' ? 'process groups are a matter of POSIX' : false;

/** Writes its process number and then sleeps for a minute. */
const sleeper = (path: string): string =>
  `require('node:fs').writeFileSync(${JSON.stringify(path)}, String(process.pid)); setTimeout(() => {}, 60_000);`;

/** A process that has ended and that nobody has asked about yet (a zombie) is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${String(pid)}/stat`;
    return !existsSync(stat) || !readFileSync(stat, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (condition()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`waited 10 s for ${what}`);
}

const pidIn = (path: string): number => Number(readFileSync(path, 'utf8'));
const written = (path: string) => (): boolean => existsSync(path) && readFileSync(path, 'utf8') !== '';

const role = process.env[roleVariable];
if (role !== undefined) {
  void run(node, ['-e', sleeper(role)]);
}

describe('a command of setup', { skip: role !== undefined }, () => {
  it('gives status and output, and has the given environment', async () => {
    const result = await run(
      node,
      ['-e', 'console.log(process.env.GIVEN); console.error("e"); process.exit(3)'],
      {
        env: { GIVEN: 'value' },
      },
    );
    assert.deepEqual(result, {
      status: 3,
      killedBy: null,
      timedOut: false,
      stdout: 'value\n',
      stderr: 'e\n',
    });
  });

  it('that does not exist has the status 127', async () => {
    const result = await run('adept-no-such-command', []);
    assert.equal(result.status, 127);
    assert.match(reasonOf(result), /ENOENT/);
  });

  it('is ended when its time is over', async () => {
    const result = await run(node, ['-e', 'setTimeout(() => {}, 60_000)'], { timeoutMs: 200 });
    assert.equal(result.timedOut, true);
    assert.equal(reasonOf(result), 'it did not answer in time');
  });

  it(
    'is ended with its children when setup is stopped, which is an error that says so',
    { skip: posixOnly },
    () =>
      withFolder(async (folder) => {
        const path = join(folder, 'pid');
        const controller = new AbortController();
        const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(sleeper(path))}]);`;
        const running = run(node, ['-e', script], { signal: controller.signal });
        await until(written(path), 'the start of the grandchild');
        const pid = pidIn(path);
        assert.ok(isAlive(pid));
        controller.abort();
        await assert.rejects(running, /was stopped before it was complete/);
        await until(() => !isAlive(pid), 'the end of the grandchild');
        await assert.rejects(run(node, ['-e', ''], { signal: controller.signal }), /was stopped/);
      }),
  );

  it('does not outlive a setup that is killed by SIGKILL', { skip: posixOnly }, () =>
    withFolder(async (folder) => {
      const path = join(folder, 'pid');
      const setup = spawn(node, [__filename], {
        stdio: 'ignore',
        env: { ...process.env, [roleVariable]: path },
      });
      await until(written(path), 'the start of the child');
      const pid = pidIn(path);
      assert.ok(isAlive(pid));
      setup.kill('SIGKILL');
      await until(() => !isAlive(pid), 'the end of the orphan');
    }),
  );
});

describe('the reason why a command failed', { skip: role !== undefined }, () => {
  const failed: RunResult = { status: 1, killedBy: null, timedOut: false, stdout: '', stderr: '' };
  const cases: [Partial<RunResult>, string][] = [
    [
      {
        stderr:
          "node:events:1\n      throw er;\n\nError: getaddrinfo ENOTFOUND host.example\n    at x\nEmitted 'error' event on y at:\n",
      },
      'getaddrinfo ENOTFOUND host.example',
    ],
    [
      {
        stdout:
          'node-pre-gyp install failed with error: Error: Command failed: x\nnode-pre-gyp ERR! install response status 404 Not Found on https://host/file \n',
      },
      'node-pre-gyp ERR! install response status 404 Not Found on https://host/file',
    ],
    [
      {
        stderr:
          'In file included from a.cc:1:\nb.h:3:10: fatal error: c.h: No such file\ncompilation terminated.\n',
      },
      'b.h:3:10: fatal error: c.h: No such file',
    ],
    [{ stderr: 'something odd\n\n' }, 'something odd'],
    [{}, 'it ended with status 1'],
    [{ status: null, killedBy: 'SIGKILL' }, 'it was ended by SIGKILL'],
  ];
  it('is one line', () => {
    for (const [part, reason] of cases) {
      assert.equal(reasonOf({ ...failed, ...part }), reason);
    }
  });
});
