import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { windowController } from '../../../src/extension/control/windowController';
import { isLive, runLogFile, type RunEntry } from '../../../src/extension/runs/runEntry';
import { Runs } from '../../../src/extension/runs/runs';
import { RunStatusBar } from '../../../src/extension/runs/runStatusBar';
import { exportItem } from '../../../src/extension/trees/exportItem';
import { listExports } from '../../../src/node/run/runExports';
import { ModelsTree } from '../../../src/extension/trees/modelsTree';
import type { Services } from '../../../src/extension/services/services';
import { Dialogs } from './dialogs';
import { itemOf, lensesOf, runThat, services, summaryOf, writeConfig } from './life';
import { eventually, workspaceFolder } from './support';

/** More than a test waits for. */
const MANY_STEPS = 100_000;

const tuning = ({ state, status }: RunEntry): boolean => state === 'running' && (status?.step ?? 0) > 0;

describe('the life of a run', function () {
  let dialogs: Dialogs;
  let all: Services;

  before(async () => {
    all = await services();
  });

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(async () => {
    dialogs.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('starts from its document, is seen at once, found by another host, paused, stopped, resumed to its end', async () => {
    const { config, run } = writeConfig({ name: 'whole', steps: MANY_STEPS });
    await vscode.window.showTextDocument(vscode.Uri.file(config));
    assert.deepEqual(await lensesOf(config), ['Run']);
    const started = vscode.commands.executeCommand<string>('adept.startTuning');
    await eventually('the run in the list', () => all.runs.list.get(run));
    assert.ok(isLive(all.runs.list.get(run) ?? assert.fail()));
    assert.equal(await started, run);

    const running = await runThat(all, run, 'tuning', tuning);
    assert.match(
      String(itemOf(all, run).description),
      /^0% · \d\.\d{3} domain · \d\.\d{3} general · step \d+\/100000$/,
    );
    assert.equal(itemOf(all, run).contextValue?.startsWith('run live'), true);
    await eventually('the links of a running run', async () =>
      (await lensesOf(config)).join() === 'Pause,Stop,Open' ? true : undefined,
    );

    const other = new Runs(all.context, all.children, all.log);
    other.start();
    assert.equal(other.list.get(run)?.status?.pid, running.status?.pid);
    other.dispose();
    assert.ok(isLive(all.runs.list.get(run) ?? assert.fail()));

    await vscode.commands.executeCommand('adept.pause', run);
    await runThat(all, run, 'paused', ({ state }) => state === 'paused');
    const saved = all.runs.list.get(run)?.status?.checkpoints.length ?? 0;
    // What a trainer grants while it is paused as well is not disabled, and is done.
    const { enabled } = await summaryOf(all, run);
    assert.ok(enabled.includes('checkpoint') && enabled.includes('setLearningRate'), enabled.join());
    await windowController(all).control(run, { method: 'setLearningRate', value: 5e-4 });
    await vscode.commands.executeCommand('adept.checkpointNow', run);
    await vscode.commands.executeCommand('adept.resume', run);
    await runThat(all, run, 'saved', ({ status }) => (status?.checkpoints.length ?? 0) > saved);
    await vscode.commands.executeCommand('adept.stop', run);
    const stopped = await runThat(all, run, 'stopped', ({ state }) => state === 'stopped');
    assert.ok(stopped.status?.checkpoints.includes(stopped.status.step));
    const events = readFileSync(join(run, 'events.ndjson'), 'utf8');
    assert.match(events, /"kind":"baseRate","step":\d+,"from":0\.001,"to":0\.0005/);

    const { texts } = dialogs.noteStatusBar();
    const statusBar = new RunStatusBar(all.runs.list);
    await vscode.commands.executeCommand('adept.resume', run);
    statusBar.dispose();
    assert.match(String(itemOf(all, run).description), /^resuming · \d\.\d{3} domain .* · step \d+\/100000$/);
    assert.match(texts.at(-1) ?? '', /^\$\(sync~spin\) ADEPT {2}resuming {2}\d+\/100000/);
    const resumed = await runThat(
      all,
      run,
      'resumed',
      ({ state, status }) =>
        state === 'running' && status !== undefined && status.step > (stopped.status?.step ?? 0),
    );
    assert.notEqual(resumed.status?.pid, running.status?.pid);
    await vscode.commands.executeCommand('adept.stop', run);
    await runThat(all, run, 'stopped again', ({ state }) => state === 'stopped');
    assert.deepEqual(dialogs.errors, []);
  });

  it('comes to its end and says so once', async () => {
    const { config, run } = writeConfig({ name: 'short', steps: 6 });
    await vscode.commands.executeCommand('adept.startTuning', vscode.Uri.file(config));
    await runThat(all, run, 'done', ({ state }) => state === 'done');
    const text = await eventually(
      'the message',
      () => dialogs.shown.find(({ text: one }) => one.includes('short is done'))?.text,
    );
    assert.match(
      text,
      /^short is done: domain loss \d\.\d{4} → \d\.\d{4}, general loss \d\.\d{4} → \d\.\d{4}\.$/,
    );
    assert.ok(existsSync(join(run, 'export', 'config.json')));
    assert.equal(dialogs.shown.filter(({ text: one }) => one.includes('short is done')).length, 1);
  });

  it('that is killed is reported once, with the signal, the last log lines and Resume', async () => {
    const { config, run } = writeConfig({ name: 'killed', steps: MANY_STEPS });
    await vscode.commands.executeCommand('adept.startTuning', { config });
    const { status } = await runThat(
      all,
      run,
      'saved',
      (one) => tuning(one) && (one.status?.checkpoints.length ?? 0) > 0,
    );
    assert.ok(status?.pid);
    process.kill(status.pid, 'SIGKILL');
    const message = await eventually('the message', () =>
      dialogs.shown.find(({ text }) => text.startsWith('killed,')),
    );
    assert.match(
      message.text,
      /^killed, step \d+\/100000: its process was ended by the signal SIGKILL.* The last lines of its log: /,
    );
    assert.deepEqual(message.offers, ['Resume', 'Show Log']);
    assert.match(itemOf(all, run).contextValue ?? '', /^run ended/);

    dialogs.press = 'Resume';
    const again = new Runs(all.context, all.children, all.log);
    again.start();
    again.dispose();
    assert.equal(dialogs.shown.filter(({ text }) => text.startsWith('killed,')).length, 1);

    await vscode.commands.executeCommand('adept.resume', { run });
    await runThat(
      all,
      run,
      'resumed',
      (one) => one.state === 'running' && (one.status?.step ?? 0) > status.step,
    );
    all.runs.end(all.runs.list.get(run) ?? assert.fail());
    await runThat(all, run, 'ended', ({ state }) => state === 'died');
  });

  it('whose file has changed goes on as the person says: as before, with the changes, or beside a new run', async () => {
    const { config, run } = writeConfig({ name: 'changed', steps: MANY_STEPS });
    await vscode.commands.executeCommand('adept.startTuning', { config });
    await runThat(all, run, 'tuning', tuning);
    await vscode.commands.executeCommand('adept.stop', run);
    const stopped = await runThat(all, run, 'stopped', ({ state }) => state === 'stopped');
    const step = stopped.status?.step ?? 0;
    const fewer = step + 4;
    writeFileSync(
      config,
      readFileSync(config, 'utf8')
        .replace(`"steps": ${MANY_STEPS}`, `"steps": ${fewer}`)
        .replace('"learningRate": 0.001', '"learningRate": 0.00005')
        .replace('"batchSize": 1', '"batchSize": 2'),
    );

    // Whoever leaves the question leaves the run as it is.
    await vscode.commands.executeCommand('adept.resume', run);
    const question = dialogs.shown.at(-1);
    assert.equal(question?.text, 'changed was started with other settings than changed.adept.json has now.');
    assert.equal(
      question.detail,
      [
        `tune.steps: ${MANY_STEPS} → ${fewer}`,
        'tune.learningRate: 0.001 → 0.00005',
        '',
        'Only a new run can have these:',
        'tune.batchSize: 1 → 2',
      ].join('\n'),
    );
    assert.deepEqual(question.offers, ['Resume with Changes', 'Resume as Before', 'Start a New Run']);
    assert.equal(all.runs.list.get(run)?.state, 'stopped');

    dialogs.press = 'Resume as Before';
    await vscode.commands.executeCommand('adept.resume', run);
    await runThat(all, run, 'resumed', (one) => one.state === 'running' && (one.status?.step ?? 0) > step);
    assert.equal(all.runs.list.get(run)?.status?.steps, MANY_STEPS);
    await vscode.commands.executeCommand('adept.stop', run);
    const again = await runThat(all, run, 'stopped again', ({ state }) => state === 'stopped');

    const last = (again.status?.step ?? 0) + 3;
    writeFileSync(config, readFileSync(config, 'utf8').replace(`"steps": ${fewer}`, `"steps": ${last}`));
    dialogs.press = 'Resume with Changes';
    // The file's own Run says the same of a run that is there.
    await vscode.commands.executeCommand('adept.startTuning', { config });
    assert.match(
      dialogs.shown.at(-1)?.text ?? '',
      /^changed exists already, and was started with other settings/,
    );
    const done = await runThat(all, run, 'done', ({ state }) => state === 'done');
    assert.equal(done.status?.step, last);
    const events = readFileSync(join(run, 'events.ndjson'), 'utf8');
    assert.match(
      events,
      new RegExp(`settings changed: steps ${MANY_STEPS} → ${last}, learningRate 0.001 → 0.00005`),
    );

    dialogs.press = 'Start a New Run';
    await vscode.commands.executeCommand('adept.startTuning', { config });
    // That the run before is done may be said after it.
    assert.ok(dialogs.shown.some(({ offers }) => offers.join() === 'Start a New Run'));
    await runThat(all, `${run}-2`, 'done', ({ state }) => state === 'done');
    assert.deepEqual(dialogs.errors, []);
  });

  it('that does not start stays in the list with the command’s own message, at the key it names', async () => {
    const { config, run } = writeConfig({ name: 'unusable', steps: 5 });
    const text = readFileSync(config, 'utf8').replace('domain.jsonl', 'nothing-here.jsonl');
    writeFileSync(config, text);
    dialogs.press = 'Open Configuration';
    await vscode.commands.executeCommand('adept.startTuning', { config });
    const failed = await runThat(all, run, 'failed', ({ problem }) => problem !== undefined);
    assert.match(failed.problem ?? '', /^unusable did not start: .*"domain".*nothing-here\.jsonl/);
    const message = await eventually('the message', () =>
      dialogs.errors.find((one) => one.startsWith('unusable')),
    );
    assert.equal(message, failed.problem);
    assert.ok(readFileSync(runLogFile(run), 'utf8').includes('nothing-here.jsonl'));
    // It leads to the line that is wrong.
    await eventually('the line of the key', () => {
      const { document, selection } = vscode.window.activeTextEditor ?? {};
      const isOpen = document?.uri.fsPath === config && selection !== undefined;
      return isOpen && document.lineAt(selection.active).text.includes('"domain"') ? true : undefined;
    });
    assert.deepEqual(await lensesOf(config), ['Run', 'Show Log']);
    assert.match(itemOf(all, run).contextValue ?? '', /^run notStarted/);
    const offers = dialogs.shown.find(({ text: one }) => one === message)?.offers;
    assert.deepEqual(offers, ['Open Configuration', 'Run Again', 'Show Log']);
    const shown = await summaryOf(all, run);
    assert.deepEqual(
      [shown.state, shown.error, shown.enabled],
      ['failed', failed.problem, ['runAgain', 'delete', 'openConfig']],
    );

    // There is nothing that could be resumed, and whoever tries does not hide the cause.
    await vscode.commands.executeCommand('adept.resume', run);
    assert.match(dialogs.errors.at(-1) ?? '', /unusable is failed: only a run that is paused/);
    assert.equal(all.runs.list.get(run)?.problem, failed.problem);
    const other = new Runs(all.context, all.children, all.log);
    other.start();
    assert.equal(other.list.get(run)?.problem, failed.problem, 'the cause outlives the window');
    other.dispose();

    writeFileSync(config, text.replace('nothing-here.jsonl', 'domain.jsonl'));
    assert.equal(await vscode.commands.executeCommand('adept.runAgain', run), run);
    await runThat(all, run, 'done', ({ state }) => state === 'done');
    assert.equal(all.runs.list.get(run)?.problem, undefined);
  });

  it('that did not start is removed without a question, one with a folder after the person has seen what goes', async () => {
    const { config, run } = writeConfig({ name: 'removed', steps: 5 });
    writeFileSync(config, readFileSync(config, 'utf8').replace('domain.jsonl', 'nothing-here.jsonl'));
    await vscode.commands.executeCommand('adept.startTuning', { config });
    await eventually('the message', () =>
      dialogs.errors.find((one) => one.startsWith('removed did not start')),
    );
    await vscode.commands.executeCommand('adept.deleteRun', run);
    assert.equal(all.runs.list.get(run), undefined);
    assert.equal(dialogs.shown.length, 1, 'no question');
    const other = new Runs(all.context, all.children, all.log);
    other.start();
    assert.equal(other.list.get(run), undefined);
    other.dispose();

    const done = join(workspaceFolder(), '.adept', 'runs', 'unusable');
    const models = await all.models.foundNow();
    assert.ok(models.some(({ path }) => path === join(done, 'export')));
    await vscode.commands.executeCommand('adept.deleteRun', done);
    assert.equal(dialogs.shown.at(-1)?.text, 'Delete the run unusable?');
    assert.match(
      dialogs.shown.at(-1)?.detail ?? '',
      /Its checkpoint goes with it, and a model that was exported into it\.\n[\d.]+ MB are freed\./,
    );
    assert.ok(existsSync(join(done, 'report.json')), 'nothing goes without consent');
    dialogs.press = 'Delete';
    await vscode.commands.executeCommand('adept.deleteRun', done);
    assert.equal(existsSync(done), false);
    assert.equal(existsSync(runLogFile(done)), false);
    assert.equal(all.runs.list.get(done), undefined);
    assert.equal(all.models.get(join(done, 'export')), undefined);
    assert.equal(dialogs.errors.length, 1);
  });

  it('is refused when nothing can be started, and leaves no row behind', async () => {
    const { config, run } = writeConfig({ name: 'no-node', steps: 5 });
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update('adept.nodePath', '/nowhere/node', vscode.ConfigurationTarget.Global);
    try {
      assert.equal(await vscode.commands.executeCommand('adept.startTuning', { config }), undefined);
      assert.match(dialogs.errors.join(), /\/nowhere\/node \(setting adept\.nodePath\) cannot be started/);
      assert.equal(all.runs.list.get(run), undefined);
    } finally {
      await configuration.update('adept.nodePath', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('of a damaged folder, or of a newer version, is shown with the reason; the others go on', async () => {
    const parent = join(workspaceFolder(), '.adept', 'runs');
    const damaged = join(parent, 'damaged');
    const newer = join(parent, 'newer');
    mkdirSync(damaged, { recursive: true });
    mkdirSync(newer, { recursive: true });
    writeFileSync(join(damaged, 'events.ndjson'), 'rubbish\n');
    writeFileSync(join(newer, 'run.json'), '{"format":"adept.run/9"}');
    const first = await runThat(all, damaged, 'shown', () => true);
    assert.match(first.problem ?? '', /damaged.events\.ndjson, the line at byte 0: this line is not JSON/);
    const second = await runThat(all, newer, 'shown', () => true);
    assert.match(second.problem ?? '', /newer.run\.json: "format" is adept\.run\/9, of a newer version/);
    assert.equal(itemOf(all, newer).description, second.problem);
    assert.equal(all.runs.list.get(join(parent, 'short'))?.state, 'done');

    await vscode.commands.executeCommand('adept.resume', newer);
    assert.match(dialogs.errors.join(), /newer is unreadable/);
    rmSync(damaged, { recursive: true });
    rmSync(newer, { recursive: true });
    await eventually('the list without them', () =>
      all.runs.list.get(newer) === undefined ? true : undefined,
    );
  });

  it('loses a checkpoint that is deleted, and says so to whoever wants it', async () => {
    const run = join(workspaceFolder(), '.adept', 'runs', 'short');
    const { status } = all.runs.list.get(run) ?? assert.fail();
    assert.deepEqual(status?.checkpoints, [5, 6]);
    // What is offered is what the folder has now, though the list has not looked again: of one checkpoint nothing is asked.
    const { offered } = dialogs.choose();
    await vscode.commands.executeCommand('adept.exportModel', { run });
    rmSync(join(run, 'checkpoints', 'step-00000005'), { recursive: true });
    await vscode.commands.executeCommand('adept.exportModel', { run });
    assert.deepEqual(offered, [
      ['Step 6', 'Step 5'],
      ['As the source', 'float32', 'bfloat16', 'float16'],
    ]);
    await runThat(all, run, 'without it', (one) => one.status?.checkpoints.join() === '6');
    const out = join(workspaceFolder(), 'export-of-nothing');
    assert.equal(await vscode.commands.executeCommand('adept.exportModel', { run, step: 5, out }), undefined);
    assert.match(dialogs.errors.join(), /step 5|step-00000005/);
    assert.equal(existsSync(join(out, 'config.json')), false);
  });

  it('is exported to a folder that is then a model of the workspace', async () => {
    const run = join(workspaceFolder(), '.adept', 'runs', 'short');
    const out = join(workspaceFolder(), 'exported');
    assert.equal(await vscode.commands.executeCommand('adept.exportModel', { run, step: 6, out }), out);
    assert.deepEqual(dialogs.errors, []);
    assert.equal(all.models.get(out)?.summary?.layers, 9);
  });

  it('is exported in another data type, and listed with the losses of the files', async () => {
    const run = join(workspaceFolder(), '.adept', 'runs', 'short');
    const out = join(workspaceFolder(), 'narrow');
    // Another strength is another model.
    dialogs.choose('As the source');
    const { values: atHalf } = dialogs.answerInput(undefined);
    await vscode.commands.executeCommand('adept.exportModel', { run, step: 6, alpha: 0.5 });
    assert.match(atHalf.join(), /short-step-6-alpha-0\.5$/);
    const { offered } = dialogs.choose('bfloat16');
    const { values } = dialogs.answerInput(out);
    assert.equal(await vscode.commands.executeCommand('adept.exportModel', { run, step: 6 }), out);
    assert.deepEqual(offered, [['As the source', 'float32', 'bfloat16', 'float16']]);
    assert.match(values.join(), /short-step-6-bfloat16$/);
    assert.match(readFileSync(join(out, 'config.json'), 'utf8'), /dtype": "bfloat16"/);
    const [recorded] = listExports(run);
    assert.equal(recorded?.dtype, 'bfloat16');
    const { tooltip } = exportItem({ run, path: out, exported: recorded });
    assert.ok(typeof tooltip === 'string');
    assert.match(tooltip, /bfloat16\ndomain loss \d\.\d{4}\ngeneral loss \d\.\d{4}$/);
  });

  it('is listed among the models with where it lies, where two exports are called alike', async () => {
    const again = join(workspaceFolder(), 'again');
    cpSync(join(workspaceFolder(), 'narrow'), join(again, 'narrow'), { recursive: true });
    await all.models.refresh();
    const tree = new ModelsTree(all.models);
    const items = tree
      .getChildren()
      .map((element) => tree.getTreeItem(element))
      .filter(({ label }) => label === 'narrow');
    tree.dispose();
    const descriptions = items.map(({ description }) => String(description).split(' · ')[0] ?? '');
    assert.equal(new Set(descriptions).size, 2, descriptions.join());
    assert.ok(
      descriptions.some((where) => where.endsWith('again')),
      descriptions.join(),
    );
    rmSync(again, { recursive: true });
    await all.models.refresh();
  });

  it('is compared with another in a table of what differs', async () => {
    const parent = join(workspaceFolder(), '.adept', 'runs');
    const [one, two] = [join(parent, 'short'), join(parent, 'whole')];
    const compared = await vscode.commands.executeCommand('adept.compareRuns', { path: one }, [
      { path: one },
      { path: two },
    ]);
    assert.deepEqual([compared, dialogs.errors], [[one, two], []]);
    await eventually('the table', () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .find(({ label }) => label.includes('short – whole')),
    );
    const uri = vscode.Uri.from({
      scheme: 'adept-comparison',
      path: '/short – whole.md',
      query: JSON.stringify([one, two]),
    });
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    assert.match(text, /\| result \| short \| whole \|/);
    assert.match(text, /\| tune\.steps \| 6 \| 100000 \|/);
    assert.match(text, /\| tune\.learningRate \| 0\.001 \| 0\.001, 0\.0005 after step \d+ \|/);
    assert.doesNotMatch(text, /tune\.batchSize/);
  });

  it('names a folder that is no run', async () => {
    await vscode.commands.executeCommand('adept.openRun', workspaceFolder());
    assert.match(dialogs.errors.join(), /is not a run folder: choose one/);
  });

  it('cannot be controlled when nobody works on it', async () => {
    const run = join(workspaceFolder(), '.adept', 'runs', 'short');
    // An active run panel would say which run is meant.
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('adept.pause', run);
    await vscode.commands.executeCommand('adept.resume', run);
    await vscode.commands.executeCommand('adept.stop');
    assert.equal(dialogs.errors.length, 3, dialogs.errors.join('\n'));
    assert.match(dialogs.errors[0] ?? '', /no trainer works on this run/);
    assert.match(dialogs.errors[1] ?? '', /short is done: only a run that is paused or was interrupted/);
    assert.match(dialogs.errors[2] ?? '', /No run is active/);
  });
});
