import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Services } from '../../../src/extension/services/services';
import { processToken } from '../../../src/node/process/processAlive';
import type { TrainerStatus } from '../../../src/shared/run/protocol';
import { ControlServer } from '../../../src/trainer/jobs/lease/controlServer';
import { FakeRun } from '../../support/fakeRun';
import { TRAINER_STATUS } from '../../support/trainerStatus';
import { Dialogs } from './dialogs';
import { itemOf, runThat, services, summaryOf } from './life';
import { workspaceFolder } from './support';

describe('controlling a run', () => {
  let dialogs: Dialogs;
  let all: Services;

  before(async () => {
    all = await services();
  });

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(() => {
    dialogs.dispose();
  });

  it('whose trainer does not answer can be ended after all, once the person is sure', async () => {
    const run = join(workspaceFolder(), '.adept', 'runs', 'mute');
    const process = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
    assert.ok(process.pid !== undefined);
    const ended = new Promise((resolve) =>
      process.once('exit', (_, signal) => {
        resolve(signal);
      }),
    );
    const fake = new FakeRun(run).tuned().trainer({
      pid: process.pid,
      processToken: processToken(process.pid),
      socket: join(workspaceFolder(), 'nobody.sock'),
    });
    fake.status('started').step(1, 2);
    await runThat(all, run, 'alive', ({ state }) => state === 'running');
    await vscode.commands.executeCommand('adept.stop', run);
    assert.match(dialogs.shown.at(-1)?.text ?? '', /cannot be reached for "stop" at .*nobody\.sock/);
    assert.deepEqual(dialogs.shown.at(-1)?.offers, ['End Its Process']);

    dialogs.press = 'End Its Process';
    await vscode.commands.executeCommand('adept.stop', run);
    assert.equal(dialogs.shown.at(-1)?.text, 'End the process of mute?');
    assert.equal(await ended, 'SIGKILL');
    await runThat(all, run, 'dead', ({ state }) => state === 'died');
    rmSync(run, { recursive: true });
  });

  it('says what its trainer is at, what was asked of which run, and how long all of it takes', async () => {
    const run = join(workspaceFolder(), '.adept', 'runs', 'occupied');
    const granted = (): TrainerStatus => TRAINER_STATUS;
    const server = await ControlServer.listen({
      ...{ status: granted, pause: granted, resume: granted },
      ...{ stop: granted, checkpoint: granted, setLearningRate: granted },
    });
    const fake = new FakeRun(run).wholeJob(100, { evalEvery: 10, updateEvery: 1000 });
    const at = (stage: string, message: string): FakeRun =>
      fake.event({ type: 'progress', stage, fraction: 0.25, message });
    const asked = async () => {
      const { asked: what, enabled, stage, progress, secondsLeft } = await summaryOf(all, run);
      return { what, enabled, stage, progress, secondsLeft };
    };
    try {
      fake.trainer({ socket: server.address }).status('analyzing');
      at('analyzing', 'layer importance, batch 1 of 4');
      await runThat(all, run, 'analyzing', ({ status }) => (status?.progress ?? null) !== null);
      const preparing = await asked();
      assert.deepEqual(
        [preparing.stage, preparing.progress?.message],
        ['analyzing', 'layer importance, batch 1 of 4'],
      );
      assert.ok(preparing.enabled.includes('stop'), 'an analysis can be stopped');
      assert.match(String(itemOf(all, run).description), /^analyzing the model · 25%/);

      fake.status('tuning').evaluation(0, 3, 2);
      for (let step = 1; step <= 10; step += 1) {
        fake.step(step, 2);
      }
      fake.after(30).event({ type: 'eval', step: 10, domainLoss: 2.5, generalLoss: 2, seconds: 31 });
      at('evaluating', 'batch 2 of 8');
      await runThat(all, run, 'evaluating', ({ status }) => status?.progress?.stage === 'evaluating');
      const { secondsLeft } = await asked();
      // A step takes a second, and there are nine evaluations to come.
      assert.equal(Math.round(secondsLeft ?? NaN), 90 + 9 * 31);

      const { titles } = dialogs.cancelProgress();
      // Of whichever run it is that the palette means.
      await vscode.commands.executeCommand('adept.pause');
      assert.deepEqual(titles, ['Pausing occupied after the current step']);
      assert.equal((await asked()).what, 'pause');
      assert.match(String(itemOf(all, run).description), /^pausing · evaluating · 25%/);
      await vscode.commands.executeCommand('adept.stop');
      assert.equal((await asked()).what, 'stop');
      assert.match(String(itemOf(all, run).description), /^stopping · evaluating · 25%/);
      fake.status('stopped').trainer({ state: 'ended' });
      await runThat(all, run, 'stopped', ({ state }) => state === 'stopped');
      assert.match(String(itemOf(all, run).description), /^stopped · 2\.500 domain/);
      assert.deepEqual(dialogs.errors, []);
    } finally {
      await server.close();
      rmSync(run, { recursive: true });
    }
  });
});
