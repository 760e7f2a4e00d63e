import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { WindowQueue } from '../../../src/extension/queue/windowQueue';
import type { Services } from '../../../src/extension/services/services';
import { FakeRun } from '../../support/fakeRun';
import { Dialogs } from './dialogs';
import { runThat, services, writeConfig } from './life';
import { eventually, workspaceFolder } from './support';

describe('the queue of runs', () => {
  let dialogs: Dialogs;
  let all: Services;

  const ended: string[] = [];

  before(async () => {
    all = await services();
    all.runs.onDidEnd(({ run }) => {
      ended.push(run.path);
    });
  });

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(async () => {
    dialogs.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('starts one run after the other, goes on in another host, and says once what became of all', async () => {
    const first = writeConfig({ name: 'queued-1', steps: 4 });
    const broken = writeConfig({ name: 'queued-2', steps: 4 });
    const last = writeConfig({ name: 'queued-3', steps: 4 });
    for (const { config } of [first, broken, last]) {
      await vscode.commands.executeCommand('adept.addToQueue', vscode.Uri.file(config));
    }
    // Its folder is taken meanwhile: it cannot start, and the queue goes on.
    mkdirSync(broken.run, { recursive: true });
    writeFileSync(join(broken.run, 'mine.txt'), '');
    await runThat(all, first.run, 'started', () => true);
    assert.equal(all.runs.list.get(last.run), undefined, 'one at a time');

    // The queue of a window that is gone is taken up by the next, from the file.
    all.queue.dispose();
    const again = new WindowQueue(all.context, all.runs, all.log);
    again.start();
    try {
      const done = await runThat(all, first.run, 'done', ({ state }) => state === 'done');
      const second = await runThat(all, last.run, 'done', ({ state }) => state === 'done');
      assert.ok(
        (second.status?.createdAt ?? '') > (done.status?.updatedAt ?? 'z'),
        'the second began after the first',
      );
      const end = await eventually('the message', () =>
        dialogs.shown.find(({ text }) => text.startsWith('The queue has ended.')),
      );
      assert.match(
        end.text,
        /queued-1 is done: .* queued-2 did not start: .*queued-2 exists already.* queued-3 is done: /,
      );
      assert.equal(dialogs.shown.filter(({ text }) => text.startsWith('The queue has ended.')).length, 1);
      assert.deepEqual(
        dialogs.shown.filter(({ text }) => text.startsWith('queued-1 is done')),
        [],
        'the queue says it',
      );
    } finally {
      again.dispose();
    }
  });

  it('is offered where a run is to start or to go on while another is active', async () => {
    const parent = join(workspaceFolder(), '.adept', 'runs');
    const busy = new FakeRun(join(parent, 'busy')).wholeJob().trainer().status('tuning').step(1, 2);
    const paused = new FakeRun(join(parent, 'goes-on'))
      .wholeJob()
      .trainer({ state: 'ended' })
      .status('stopped');
    const { config, run } = writeConfig({ name: 'starts-later', steps: 4 });
    await runThat(all, busy.path, 'active', ({ state }) => state === 'running');
    await runThat(all, paused.path, 'stopped', ({ state }) => state === 'stopped');
    await all.queue.runner.change((queue) => ({ ...queue, items: [] }));
    try {
      // Escape: nothing is started and nothing waits.
      await vscode.commands.executeCommand('adept.startTuning', { config });
      assert.deepEqual(dialogs.shown.at(-1)?.offers, ['Add to Queue', 'Start Now']);
      assert.equal(dialogs.shown.at(-1)?.text, 'busy is active.');
      assert.deepEqual([all.queue.runner.queue.items.length, existsSync(run)], [0, false]);
      dialogs.press = 'Add to Queue';
      assert.equal(await vscode.commands.executeCommand('adept.startTuning', { config }), undefined);
      await vscode.commands.executeCommand('adept.resume', paused.path);
      assert.deepEqual(
        all.queue.runner.queue.items.map((item) => [item.kind, item.run, item.config, item.state]),
        [
          ['start', run, config, 'waiting'],
          ['resume', paused.path, null, 'waiting'],
        ],
      );
      assert.deepEqual(dialogs.errors, []);
    } finally {
      await all.queue.runner.change((queue) => ({ ...queue, items: [] }));
      rmSync(busy.path, { recursive: true });
      rmSync(paused.path, { recursive: true });
    }
  });

  it('leaves the runs of a study to the study, which are in the list as soon as it is opened', async () => {
    const study = join(workspaceFolder(), 'compared', 'study');
    const runs = join(study, 'runs');
    const adept = new FakeRun(join(runs, 'adept-0')).wholeJob().trainer({ state: 'ended' }).status('stopped');
    await vscode.commands.executeCommand('adept.openStudy', join(study, 'study.json'));
    await eventually('the panel, which is called as the folder around', () =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).find(({ label }) => label === 'Study compared'),
    );
    await runThat(all, adept.path, 'in the list', () => true);
    // One that comes later, and ends.
    const full = new FakeRun(join(runs, 'full-0')).wholeJob().trainer().status('tuning').step(1, 2);
    await runThat(all, full.path, 'active', ({ state }) => state === 'running');
    full.trainer({ state: 'ended' }).report().event({ type: 'done', step: 1 });
    await runThat(all, full.path, 'done', ({ state }) => state === 'done');
    const ending = await eventually('the ending', () => (ended.includes(full.path) ? full.path : undefined));
    assert.equal(ending, full.path);
    assert.deepEqual(
      dialogs.shown.filter(({ text }) => text.includes('full-0')),
      [],
    );
    rmSync(join(workspaceFolder(), 'compared'), { recursive: true });
  });

  it('has beside it a run that is renamed with its panel and its file, and copied as a configuration', async () => {
    const parent = join(workspaceFolder(), '.adept', 'runs');
    const run = new FakeRun(join(parent, 'before')).wholeJob().trainer({ state: 'ended' });
    run.event({ type: 'done', step: 100 });
    await vscode.commands.executeCommand('adept.openRun', run.path);
    dialogs.answerInput('after');
    const renamed = join(parent, 'after');
    assert.equal(await vscode.commands.executeCommand('adept.renameRun', run.path), renamed);
    assert.deepEqual([existsSync(run.path), all.runs.list.get(run.path)], [false, undefined]);
    assert.ok(all.runs.list.get(renamed));
    const labels = (): string[] =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
    await eventually('the panel of the new name', () =>
      labels().includes('Run after') && !labels().includes('Run before') ? true : undefined,
    );
    await vscode.commands.executeCommand('adept.showRuns');
    await eventually('the panel of all runs', () => (labels().includes('Runs') ? true : undefined));
    dialogs.answerInput('copied');
    const copy = await vscode.commands.executeCommand<string>('adept.duplicateRun', renamed);
    assert.equal(copy, join(workspaceFolder(), 'copied.adept.json'));
    assert.equal((JSON.parse(readFileSync(copy, 'utf8')) as { out: string }).out, join(parent, 'copied'));
    assert.deepEqual(dialogs.errors, []);
    dialogs.press = 'Delete';
    await vscode.commands.executeCommand('adept.deleteRun', renamed);
    assert.equal(existsSync(renamed), false);
  });
});
