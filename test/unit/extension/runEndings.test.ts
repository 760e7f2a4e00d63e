import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { endingText } from '../../../src/extension/runs/endingText';
import { lastLogLinesOf, Launcher } from '../../../src/extension/runs/launcher';
import { endingOf, runLogFile, type RunEntry } from '../../../src/extension/runs/runEntry';
import { RunList } from '../../../src/extension/runs/runList';
import { kill } from '../../../src/extension/process/signalProcess';
import { statusOf } from '../../../src/node/run/runStatus';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { FakeRun } from '../../support/fakeRun';
import { fakeCommand } from '../../support/fakeCommand';
import { temporaryFolder } from '../../support/temporaryFolder';

const NO_WORDS = { lines: [] };
const LATER = { pid: 1, startedAt: '2027-01-01T00:00:00.000Z' };

function ended(t: TestContext, make: (run: FakeRun) => FakeRun, change: Partial<RunEntry> = {}): RunEntry {
  const run = make(new FakeRun(join(temporaryFolder(t), 'one')).tuned(100));
  const status = statusOf(run.folder);
  return { path: run.path, state: status.state, status, ...change };
}

describe('what is said when a run has ended', () => {
  it('is what it came to, when it is done', (t) => {
    const run = ended(t, (made) =>
      made.evaluation(0, 3, 2).evaluation(100, 2.25, 2.0125).event({ type: 'done', step: 100 }),
    );
    assert.deepEqual(endingText(run, { code: 0, signal: null }, NO_WORDS, ENGLISH), {
      severity: 'information',
      text: 'one is done: domain loss 3.0000 → 2.2500, general loss 2.0000 → 2.0125.',
    });
  });

  it('is quiet about a run that was stopped', (t) => {
    const run = ended(t, (made) => made.step(7, 2).status('stopped'));
    assert.deepEqual(endingText(run, undefined, NO_WORDS, ENGLISH), {
      severity: 'quiet',
      text: 'one is stopped at step 7/100.',
    });
  });

  it('is the reason why a run stopped by itself', (t) => {
    const message =
      'general loss is 2.5000 nats, 0.5000 more than the 2.0000 before tuning, and may rise by 0.02';
    const run = ended(t, (made) =>
      made.step(7, 2).event({ type: 'status', status: 'stopped', step: 7, message }),
    );
    assert.deepEqual(endingText(run, undefined, NO_WORDS, ENGLISH), {
      severity: 'information',
      text: `one stopped at step 7/100: ${message}.`,
    });
  });

  it('is the error of a run that failed', (t) => {
    const run = ended(t, (made) => made.event({ type: 'error', message: 'no space left: free some.' }));
    assert.equal(endingText(run, undefined, NO_WORDS, ENGLISH).text, 'one failed: no space left: free some.');
  });

  it('is the signal or code and the last log lines of a trainer that died', (t) => {
    const run = ended(t, (made) => made.deadTrainer().status('started').step(7, 2));
    const words = { lines: ['a', 'b', 'c', 'd', 'step 7'] };
    const text = (exit: Parameters<typeof endingText>[1]): string =>
      endingText(run, exit, words, ENGLISH).text;
    assert.equal(
      text({ code: null, signal: 'SIGKILL' }),
      'one, step 7/100: its process was ended by the signal SIGKILL, as the system does when memory runs out. The last lines of its log: b | c | d | step 7',
    );
    assert.match(text({ code: 134, signal: null }), /ended with exit code 134\. The last lines of its log/);
    assert.match(
      text(undefined),
      /its process ended, and its exit status is unknown\. The last lines of its log/,
    );
  });

  it('is the command’s own message when a run did not start', (t) => {
    const run = ended(t, (made) => made, { launch: LATER });
    assert.equal(endingOf(run), 'notStarted');
    const words = { message: '"probe": no file matches: correct it.', lines: ['x'] };
    assert.equal(
      endingText(run, { code: 2, signal: null }, words, ENGLISH).text,
      'one did not start: "probe": no file matches: correct it.',
    );
    assert.match(
      endingText(run, { code: 9, signal: null }, NO_WORDS, ENGLISH).text,
      /did not start: its process ended with exit code 9\./,
    );
  });
});

describe('the last log lines of a run', () => {
  it('are those of its last process, without what it said of itself before', (t) => {
    const run = join(temporaryFolder(t), 'one');
    assert.deepEqual(lastLogLinesOf(run), { lines: [] });
    writeFileSync(runLogFile(run), '=== first\nold\nadept: old trouble.\n=== second\nnew\n');
    assert.deepEqual(lastLogLinesOf(run), { lines: ['new'] });
    writeFileSync(runLogFile(run), '=== first\nadept: "probe": no file matches: correct it.\n');
    assert.equal(lastLogLinesOf(run).message, '"probe": no file matches: correct it.');
    writeFileSync(runLogFile(run), '=== first\nadept: unexpected error: TypeError\n');
    assert.equal(lastLogLinesOf(run).message, undefined);
  });
});

describe('the launcher', () => {
  function launcher(t: TestContext): {
    launcher: Launcher;
    list: RunList;
    run: string;
    again: () => Launcher;
  } {
    const folder = temporaryFolder(t);
    const list = new RunList({ parents: () => [], single: () => [] });
    // A detached process does not keep its starter alive, as an editor's host is anyway.
    const alive = setInterval(() => undefined, 1000);
    t.after(() => {
      list.dispose();
      clearInterval(alive);
    });
    const again = (): Launcher => new Launcher(join(folder, 'launches'), list);
    return { launcher: again(), list, run: join(folder, 'runs/one'), again };
  }

  it('has a run in the list at once, and says how its process ended', async (t) => {
    const bench = launcher(t);
    const ending = new Promise<RunEntry>((resolve) => bench.list.onDidEnd.add(resolve));
    await bench.launcher.start(fakeCommand(t), ['beforeEvents'], bench.run, temporaryFolder(t));
    assert.equal(bench.list.get(bench.run)?.state, 'starting');
    const run = await ending;
    assert.equal(endingOf(run), 'notStarted');
    assert.deepEqual(await bench.launcher.exitOf(bench.run, 1000), { code: 2, signal: null });
    assert.equal(lastLogLinesOf(bench.run).message, 'unknown option');
    assert.match(
      readFileSync(runLogFile(bench.run), 'utf8'),
      /^=== .* adept beforeEvents\nadept: unknown option\n$/,
    );
  });

  it('finds after a restart what was started, until it was dealt with', async (t) => {
    const bench = launcher(t);
    await bench.launcher.start(
      fakeCommand(t),
      ['wait', '--events', '/dev/null'],
      bench.run,
      temporaryFolder(t),
    );
    const { launch } = bench.list.get(bench.run) ?? assert.fail();
    assert.ok(launch);
    t.after(() => kill(launch));

    bench.list.forget(bench.run);
    assert.deepEqual(bench.list.entries, []);
    const second = bench.again();
    assert.deepEqual(second.attachAll(assert.ifError), [bench.run]);
    assert.equal(bench.list.get(bench.run)?.state, 'starting');
    assert.deepEqual(bench.list.get(bench.run)?.launch?.pid, launch.pid);
    assert.equal(await second.exitOf(bench.run, 10), undefined);

    second.forget(bench.run);
    assert.deepEqual(bench.again().attachAll(assert.ifError), []);
    assert.ok(!existsSync(bench.run));
  });
});
