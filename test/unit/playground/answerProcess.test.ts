import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isProcessAlive } from '../../../src/node/process/processAlive';
import { AnswerProcess } from '../../../src/extension/playground/answerProcess';
import type { FromSession } from '../../../src/shared/playground/session';
import { HANG_MILLISECONDS } from '../../support/hang';
import { temporaryFolder } from '../../support/temporaryFolder';

interface Started {
  readonly process: AnswerProcess;
  readonly messages: FromSession[];
  readonly notes: string[];
  /** Why it ended. */
  readonly ended: Promise<string>;
  readonly folder: string;
}

/** A process of this window that runs a script in place of the command. */
async function started(t: TestContext, script: string): Promise<Started> {
  const folder = temporaryFolder(t);
  const cli = join(folder, 'cli.cjs');
  writeFileSync(cli, script);
  const messages: FromSession[] = [];
  const notes: string[] = [];
  let end: (why: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const child = await AnswerProcess.start(
    {
      runtime: { node: process.execPath, cli, environment: { HERE: folder } },
      options: ['--engine', 'wasm'],
      cwd: folder,
      log: join(folder, 'playground.log'),
    },
    {
      onMessage: (message) => messages.push(message),
      onEnd: (why) => {
        end(why);
      },
      onNote: (text) => notes.push(text),
    },
  );
  t.after(() => {
    child.kill();
  });
  return { process: child, messages, notes, ended, folder };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + HANG_MILLISECONDS;
  while (!holds()) {
    assert.ok(Date.now() < deadline, 'it does not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the process that answers', () => {
  it('tells what it says, and how it ended with the last lines of its log', async (t) => {
    const {
      process: child,
      messages,
      notes,
      ended,
    } = await started(
      t,
      `process.on('message', ({ type, id }) => {
        process.send({ type: 'nonsense' });
        process.send({ type: 'done', id });
        console.error(type, process.argv.slice(2).join(' '));
        setTimeout(() => process.exit(3), 50);
      });`,
    );
    child.send({ type: 'stop', id: 7 });
    assert.match(await ended, /exit code 3.* The last lines of its log: stop playground --engine wasm$/);
    assert.deepEqual(messages, [{ type: 'done', id: 7 }]);
    assert.equal(notes.length, 1);
    // Nobody listens any more.
    child.send({ type: 'stop', id: 8 });
  });

  it('learns that the window is gone, and says nothing more', async (t) => {
    const {
      process: child,
      messages,
      folder,
    } = await started(
      t,
      `process.on('message', () => undefined);
      process.on('disconnect', () => require('node:fs').writeFileSync(process.env.HERE + '/left', ''));
      process.send({ type: 'done', id: 1 });`,
    );
    await until(() => messages.length === 1);
    child.end();
    await until(() => !isProcessAlive(child.pid, undefined));
    assert.ok(existsSync(join(folder, 'left')));
  });
});
