import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { HistoryReader } from '../../../src/node/run/historyReader';
import { readRunFiles } from '../../../src/node/run/runFiles';
import { RunStatusReader, statusOf } from '../../../src/node/run/runStatus';
import { runSummary } from '../../../src/node/runPage/runSummary';
import { RUN_FILES } from '../../../src/shared/run/runFolder';
import { expectInputError } from '../../support/expectInputError';
import { FakeRun } from '../../support/fakeRun';
import { temporaryFolder } from '../../support/temporaryFolder';

function fakeRun(t: TestContext): FakeRun {
  return new FakeRun(join(temporaryFolder(t), 'run'));
}

describe('the status of a run', () => {
  it('of a folder that nobody has worked on is waiting', (t) => {
    const status = statusOf(fakeRun(t).tuned(40).folder);
    assert.equal(status.state, 'waiting');
    assert.equal(status.step, 0);
    assert.equal(status.steps, 40);
    assert.equal(status.loss, null);
    assert.equal(status.createdAt, '2026-01-02T03:04:05.000Z');
    assert.equal(status.updatedAt, null);
  });

  it('holds the last step and evaluation, the one before the first step, and the best', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').evaluation(0, 3, 2);
    run.step(1, 2.9).step(2, 2.8).evaluation(2, 2.5, 2.1).checkpoint(2, 2.5, 2.1);
    run.step(3, 2.7).evaluation(3, 2.6, 2.2).step(4, 2.65);
    const status = statusOf(run.folder);
    assert.deepEqual(
      [status.state, status.stage, status.step, status.loss, status.domainLoss, status.generalLoss],
      ['running', 'tuning', 4, 2.65, 2.6, 2.2],
    );
    assert.deepEqual(status.before, { step: 0, domainLoss: 3, generalLoss: 2 });
    assert.deepEqual(status.best, { step: 2, domainLoss: 2.5, generalLoss: 2.1 });
    assert.deepEqual(status.checkpoints, [2]);
    assert.equal(status.pid, process.pid);
    assert.equal(status.updatedAt, '2026-01-02T03:04:12.000Z');
  });

  it('knows the stages of a whole job and how far each is', (t) => {
    const run = fakeRun(t).wholeJob().trainer().status('analyzing');
    run.event({ type: 'progress', stage: 'analyzing', fraction: 0.25, message: 'layer 2 of 8' });
    const analyzing = statusOf(run.folder);
    assert.deepEqual([analyzing.state, analyzing.stage], ['running', 'analyzing']);
    assert.deepEqual(analyzing.progress, { stage: 'analyzing', fraction: 0.25, message: 'layer 2 of 8' });
    assert.equal(analyzing.steps, 100);
    const expanding = statusOf(run.status('expanding').folder);
    assert.deepEqual([expanding.stage, expanding.progress], ['expanding', null]);
  });

  it('of a new process is not what one before it said, but for what was saved', (t) => {
    const run = fakeRun(t).tuned().status('started').evaluation(0, 3, 2).step(1, 2.9).checkpoint(1, 2.5, 2);
    run.step(2, 2.8).event({ type: 'progress', stage: 'answering', fraction: 0.6, message: 'token 29' });
    run.status('paused').trainer({ startedAt: '2030-01-01T00:00:00.000Z' });
    const status = statusOf(run.folder);
    assert.deepEqual([status.state, status.stage, status.progress, status.step], ['running', null, null, 1]);
    assert.equal(status.domainLoss, 3);
  });

  it('is paused until a step or another status follows', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').step(1, 2).status('paused');
    assert.equal(statusOf(run.folder).state, 'paused');
    assert.equal(statusOf(run.status('tuning').folder).state, 'running');
    assert.equal(statusOf(run.status('paused').step(2, 2).folder).state, 'running');
  });

  it('of a run without a living trainer follows from its last event', (t) => {
    const run = fakeRun(t).tuned().deadTrainer().status('started').step(1, 2);
    assert.deepEqual([statusOf(run.folder).state, statusOf(run.folder).pid], ['died', null]);
    assert.equal(statusOf(run.status('stopped').folder).state, 'stopped');
    run.event({ type: 'error', message: 'no space left', step: 1 });
    const failed = statusOf(run.folder);
    assert.deepEqual([failed.state, failed.error], ['failed', 'no space left']);
    const resumed = statusOf(run.status('resumed').folder);
    assert.deepEqual([resumed.state, resumed.error], ['died', null]);
    assert.equal(statusOf(run.event({ type: 'done', step: 2 }).folder).state, 'done');
  });

  it('of a whole job is done with its report, not with its tuning', (t) => {
    const run = fakeRun(t).wholeJob().deadTrainer().status('tuning').event({ type: 'done', step: 100 });
    assert.equal(statusOf(run.folder).state, 'died');
    assert.equal(statusOf(run.report().folder).state, 'done');
    assert.equal(statusOf(run.status('exporting').folder).state, 'died');
  });

  it('does not depend on what lies in the middle of a long log', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').evaluation(0, 3, 2);
    const filler = `${JSON.stringify({ seq: 2, time: '', type: 'importance', step: 0, units: 'damaged' })}\n`;
    run.line(filler.repeat(100_000)).status('resumed').step(7, 2.5).evaluation(7, 2.4, 2.2).step(8, 2.3);
    assert.ok(statSync(run.folder.file('events')).size > 6_000_000);
    const status = statusOf(run.folder);
    assert.deepEqual(
      [status.step, status.loss, status.domainLoss, status.before?.domainLoss],
      [8, 2.3, 2.4, 3],
    );
  });

  it('takes the best from checkpoints, whose evaluations lie far back in the log', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').evaluation(0, 3, 2);
    run.checkpoint(10, 1.5, 2.5).checkpoint(20, 1.25, 2.5).checkpoint(30, null, null);
    const step = { seq: 5, time: '2026-01-02T03:04:05.000Z', type: 'step', step: 30, loss: 1 };
    const line = JSON.stringify({ ...step, learningRate: 1, tokensPerSecond: 1, gradNorm: 1 });
    run.line(`${line}\n`.repeat(50_000));
    const status = statusOf(run.folder);
    assert.deepEqual(status.best, { step: 20, domainLoss: 1.25, generalLoss: 2.5 });
    assert.equal(status.domainLoss, null);
    assert.equal(status.step, 30);
  });

  it('ignores events of a later version and a torn last line', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').step(3, 2);
    run.line('{"seq":9,"time":"","type":"weather","sky":"clear"}\n').line('{"seq":10,"ty');
    assert.equal(statusOf(run.folder).step, 3);
  });

  it('names the file and the byte of a damaged event', (t) => {
    const run = fakeRun(t).tuned().trainer();
    run.line('{"seq":0,"time":"","type":"status","status":"started"}\nrubbish\n');
    expectInputError(() => statusOf(run.folder), run.folder.file('events'), 'byte 55', 'repair or remove');
  });

  it('names the file of a newer version', (t) => {
    const run = fakeRun(t);
    const file = run.folder.file('spec');
    writeFileSync(file, JSON.stringify({ format: 'adept.run/2' }));
    expectInputError(() => statusOf(run.folder), file, 'adept.run/2', 'newer version', 'update ADEPT');
    writeFileSync(file, JSON.stringify({ format: 'adept.walk/2' }));
    const other = expectInputError(() => statusOf(run.folder), file, '"format"');
    assert.doesNotMatch(other.message, /newer/);
  });
});

describe('a reader of a run’s status', () => {
  it('gives each new event once, and none of those before its first look', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').step(1, 2);
    const reader = new RunStatusReader(run.folder);
    assert.deepEqual(reader.read().events, []);
    run.step(2, 1.9).evaluation(2, 1.8, 2);
    const { status, events } = reader.read();
    assert.deepEqual(
      events.map(({ type }) => type),
      ['step', 'eval'],
    );
    assert.deepEqual([status.step, status.domainLoss, status.best?.step], [2, 1.8, 2]);
    assert.deepEqual(reader.read().events, []);
  });

  it('finds the log when it appears', (t) => {
    const run = fakeRun(t).tuned();
    const reader = new RunStatusReader(run.folder);
    assert.equal(reader.read().status.state, 'waiting');
    run.trainer().status('started').evaluation(0, 3, 2).step(1, 2);
    const { status } = reader.read();
    assert.deepEqual([status.state, status.step, status.before?.domainLoss], ['running', 1, 3]);
  });

  it('says again what it said when the log is gone and another is there', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').evaluation(0, 3, 2).step(50, 2);
    const reader = new RunStatusReader(run.folder);
    reader.read();
    rmSync(run.folder.file('events'));
    run.status('started').step(1, 2.5);
    const { status } = reader.read();
    assert.deepEqual([status.step, status.loss, status.before], [1, 2.5, null]);
  });

  it('recovers when a damaged line is repaired', (t) => {
    const run = fakeRun(t).tuned().trainer().status('started').step(1, 2);
    const reader = new RunStatusReader(run.folder);
    reader.read();
    run.line('rubbish\n');
    expectInputError(() => reader.read(), 'events.ndjson');
    writeFileSync(run.folder.file('events'), '');
    run.status('started').step(2, 2);
    assert.equal(reader.read().status.step, 2);
  });

  it('says for how long a living trainer has sent no heartbeat', (t) => {
    const since = (seconds: number): number | null => {
      const heartbeat = new Date(Date.now() - seconds * 1000).toISOString();
      return statusOf(fakeRun(t).tuned().trainer({ heartbeat }).status('started').folder).silentSeconds;
    };
    assert.equal(since(30), null);
    assert.equal(since(-3600), null, 'the clock of another machine');
    assert.equal(since(630), 600, 'whole minutes');
    const ended = fakeRun(t).tuned().trainer({ heartbeat: '2026-01-01T00:00:00.000Z', state: 'ended' });
    assert.equal(statusOf(ended.folder).silentSeconds, null);
  });

  it('is that of the run panel, whatever the log says', async (t) => {
    const logs: ((run: FakeRun) => FakeRun)[] = [
      (run) => run,
      (run) => run.status('started'),
      (run) => run.status('started').step(1, 2).status('paused'),
      (run) => run.status('started').step(1, 2).status('paused').step(2, 2),
      (run) => run.status('started').step(1, 2).status('paused').status('tuning'),
      (run) => run.status('started').step(1, 2).status('stopped'),
      (run) => run.status('started').step(1, 2).status('stopped').status('resumed').step(1, 2),
      (run) => run.status('started').step(1, 2).event({ type: 'done', step: 1 }),
      (run) => run.status('started').event({ type: 'error', message: 'no room' }),
    ];
    for (const log of logs) {
      for (const state of ['running', 'ended', undefined] as const) {
        const run = log(fakeRun(t).tuned());
        if (state !== undefined) {
          run.trainer({ state });
        }
        const reader = new HistoryReader(join(run.path, RUN_FILES.events));
        await reader.readOn();
        const files = await readRunFiles(run.path);
        const window = { isTrusted: true, remoteName: undefined, pending: undefined };
        const shown = runSummary(run.path, files, reader.history, window, { isKnown: true, reading: null });
        assert.equal(statusOf(run.folder).state, shown.state, `${String(log)}, trainer ${String(state)}`);
      }
    }
  });
});
