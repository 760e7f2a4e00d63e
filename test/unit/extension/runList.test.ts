import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { endingOf, isLive, type RunEntry } from '../../../src/extension/runs/runEntry';
import { rowText } from '../../../src/extension/runs/runText';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { RunList } from '../../../src/extension/runs/runList';
import { processToken } from '../../../src/node/process/processAlive';
import { FakeRun } from '../../support/fakeRun';
import { temporaryFolder } from '../../support/temporaryFolder';

interface Bench {
  readonly list: RunList;
  readonly parent: string;
  readonly single: string[];
  readonly run: (name: string) => FakeRun;
  /** Name and state of every run, in order. */
  readonly states: () => string[];
}

function bench(t: TestContext): Bench {
  const parent = join(temporaryFolder(t), 'runs');
  const single: string[] = [];
  const list = new RunList({ parents: () => [parent], single: () => single });
  t.after(() => {
    list.dispose();
  });
  return {
    list,
    parent,
    single,
    run: (name) => new FakeRun(join(parent, name)),
    states: () => list.entries.map(({ path, state }) => `${path.slice(parent.length + 1)} ${state}`),
  };
}

const HERE = {
  pid: process.pid,
  processToken: processToken(process.pid),
  startedAt: '2026-05-01T00:00:00.000Z',
};

describe('the list of runs', () => {
  it('is empty where there is no folder, and finds what appears in it', (t) => {
    const { list, parent, run, states } = bench(t);
    list.scan();
    assert.deepEqual(states(), []);
    run('one').tuned().deadTrainer().status('started');
    mkdirSync(join(parent, 'notes'));
    writeFileSync(join(parent, 'one.log'), '');
    list.scan();
    assert.deepEqual(states(), ['one died']);
    rmSync(join(parent, 'one'), { recursive: true });
    list.scan();
    assert.deepEqual(states(), []);
  });

  it('has a row for each that says first what a narrow view must show, and no state that the icon shows', (t) => {
    const { list, run } = bench(t);
    const tuned = run('a').tuned(200).trainer().status('started').evaluation(0, 3, 2).step(50, 2.31);
    run('b')
      .tuned(4)
      .trainer({ state: 'ended' })
      .step(4, 2)
      .evaluation(4, 1.5, 2)
      .event({ type: 'done', step: 4 });
    run('c').tuned(4).trainer({ state: 'ended' }).step(2, 2).status('stopped');
    const rows = (): string[] => {
      list.scan();
      return list.entries.map((entry) => rowText(entry, ENGLISH));
    };
    assert.deepEqual(rows(), [
      '25% · 3.000 domain · 2.000 general · step 50/200',
      '1.500 domain · 2.000 general · step 4/4',
      'stopped · step 2/4',
    ]);
    tuned.event({ type: 'progress', stage: 'evaluating', fraction: 0.5, message: 'batch 2 of 4' });
    assert.equal(rows()[0], 'evaluating · 50% · 3.000 domain · 2.000 general · step 50/200');
    // What was asked of it comes first, until it is done.
    list.granted(tuned.path, 'pause');
    assert.equal(rows()[0], 'pausing · evaluating · 50% · 3.000 domain · 2.000 general · step 50/200');
    tuned.status('paused');
    assert.equal(rows()[0], 'paused · 3.000 domain · 2.000 general · step 50/200');
    list.granted(tuned.path, 'stop');
    assert.equal(rows()[0], 'stopping · 3.000 domain · 2.000 general · step 50/200');
    tuned.trainer({ state: 'ended' }).status('stopped');
    assert.ok(rows().includes('stopped · 3.000 domain · 2.000 general · step 50/200'));
  });

  it('puts living runs first', (t) => {
    const { list, run, states } = bench(t);
    run('a').tuned().trainer({ state: 'ended' }).event({ type: 'done', step: 1 });
    run('b').tuned().trainer().status('started').status('paused');
    run('c').tuned().trainer().status('started').step(1, 2);
    list.scan();
    assert.deepEqual(states(), ['b paused', 'c running', 'a done']);
    assert.deepEqual(
      list.live.map(({ status }) => status?.step),
      [0, 1],
    );
  });

  it('shows a run that lies elsewhere, and none that is gone', (t) => {
    const { list, single, parent } = bench(t);
    const elsewhere = join(temporaryFolder(t), 'mine');
    new FakeRun(elsewhere).tuned();
    single.push(elsewhere, join(parent, 'never'));
    list.scan();
    assert.deepEqual(
      list.entries.map(({ path }) => path),
      [elsewhere],
    );
  });

  it('says why a damaged run and one of a newer version cannot be read, and shows the others', (t) => {
    const { list, run, states } = bench(t);
    run('damaged').tuned().line('rubbish\n');
    writeFileSync(run('newer').folder.file('spec'), '{"format":"adept.run/9"}');
    run('fine').tuned();
    list.scan();
    assert.deepEqual(states().sort(), ['damaged unreadable', 'fine waiting', 'newer unreadable']);
    const problems = list.entries.map(({ problem }) => problem).join('\n');
    assert.match(problems, /damaged.events\.ndjson, the line at byte 0: this line is not JSON/);
    assert.match(problems, /newer.run\.json: "format" is adept\.run\/9, of a newer version/);
  });

  it('tells of changes, once each, and of new events', (t) => {
    const { list, run } = bench(t);
    const changes: string[] = [];
    const events: string[] = [];
    list.onDidChange.add((entries) => changes.push(entries.map(({ state }) => state).join()));
    list.onNewEvents.add((news) => events.push(...news.events.map(({ type }) => type)));
    const one = run('one').tuned().trainer().status('started');
    list.scan();
    list.scan();
    assert.deepEqual([changes, events], [['running'], []]);
    one.step(1, 2).step(2, 1.9);
    list.scan();
    list.scan();
    assert.deepEqual(
      [changes, events],
      [
        ['running', 'running'],
        ['step', 'step'],
      ],
    );
  });

  it('tells that a run ended, and as what', (t) => {
    const { list, run } = bench(t);
    const ended: string[] = [];
    list.onDidEnd.add((entry) => ended.push(`${endingOf(entry)} ${entry.status?.error ?? ''}`));
    const one = run('one').tuned().trainer().status('started').step(1, 2);
    list.scan();
    one.event({ type: 'error', message: 'no space left' }).trainer({ state: 'ended' });
    list.scan();
    one.trainer().status('resumed');
    list.scan();
    one.deadTrainer();
    list.scan();
    list.scan();
    assert.deepEqual(ended, ['failed no space left', 'died ']);
  });

  it('has a run that was just started, before its folder is there', (t) => {
    const { list, run, parent, states } = bench(t);
    const path = join(parent, 'new');
    list.launched(path, HERE);
    assert.deepEqual(states(), ['new starting']);
    assert.ok(isLive(list.get(path) ?? assert.fail()));
    run('new').wholeJob().trainer().status('analyzing');
    list.scan();
    assert.deepEqual(states(), ['new running']);
  });

  it('keeps a run whose process ended before it came to it, with the reason', (t) => {
    const { list, parent, states } = bench(t);
    const path = join(parent, 'new');
    const ended: RunEntry[] = [];
    list.onDidEnd.add((entry) => ended.push(entry));
    list.launched(path, HERE);
    list.exited(path, HERE.pid + 1, { code: 0, signal: null });
    assert.equal(ended.length, 0);
    list.exited(path, HERE.pid, { code: 2, signal: null });
    assert.deepEqual(ended.map(endingOf), ['notStarted']);
    assert.deepEqual(ended[0]?.launch?.exit, { code: 2, signal: null });
    list.notStarted(path, '"probe": no file matches.');
    assert.deepEqual([states(), list.get(path)?.problem], [['new failed'], '"probe": no file matches.']);
    list.launched(path, HERE);
    assert.deepEqual(states(), ['new starting']);
    list.forget(path);
    assert.deepEqual(states(), []);
  });

  it('tells a resumed run that never came to work from one that was stopped', (t) => {
    const { list, run, parent } = bench(t);
    run('old').tuned().trainer({ state: 'ended' }).status('stopped');
    const path = join(parent, 'old');
    list.scan();
    assert.equal(endingOf(list.get(path) ?? assert.fail()), 'stopped');
    list.launched(path, HERE);
    list.exited(path, HERE.pid, { code: 2, signal: null });
    assert.equal(endingOf(list.get(path) ?? assert.fail()), 'notStarted');
  });

  it('sees a run that appears without being asked, and watches nothing once it is disposed', async (t) => {
    const { list, parent } = bench(t);
    mkdirSync(parent, { recursive: true });
    const seen = new Promise<readonly RunEntry[]>((resolve) => list.onDidChange.add(resolve));
    list.start();
    assert.equal(list.watched, 1);
    const made = new FakeRun(join(temporaryFolder(t), 'made')).tuned();
    renameSync(made.path, join(parent, 'made'));
    const stay = setInterval(() => undefined, 1000);
    assert.deepEqual(
      (await seen).map(({ state }) => state),
      ['waiting'],
    );
    clearInterval(stay);
    list.dispose();
    assert.equal(list.watched, 0);
  });
});
