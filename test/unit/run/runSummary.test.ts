import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import type { RunFilesContent } from '../../../src/node/run/runFiles';
import { runSummary, type RunWindow } from '../../../src/node/runPage/runSummary';
import { runStateOf } from '../../../src/node/run/runState';
import { RunHistory } from '../../../src/node/run/runHistory';
import type { RunSummary } from '../../../src/shared/webview/run';
import { RunEvent, type NewRunEvent } from '../../../src/shared/run/runFolder';
import { evalEvent, importanceEvent, recordOf, scoresEvent, stepEvent } from '../../support/runEvents';
import { tuneSettings } from '../../support/settings';

const started: NewRunEvent = { type: 'status', status: 'started', step: 0 };

const trainer: NonNullable<RunFilesContent['trainer']> = {
  format: 'adept.trainer/1',
  pid: 1,
  startedAt: '',
  heartbeat: '',
  socket: '/tmp/s',
  state: 'running',
  engine: { engine: 'native', device: 'Tesla' },
};
const facts: RunFilesContent = {
  model: '/models/m',
  steps: 100,
  createdAt: undefined,
  trainer,
  isAlive: true,
  isUnfinishedJob: false,
  exists: true,
  plan: undefined,
  copies: [],
  hasConfig: true,
  strength: undefined,
  prompts: [],
  exported: undefined,
  problems: [],
};
const aboutWindow: RunWindow = { isTrusted: true, remoteName: 'ssh-remote', pending: undefined };
const whole = { isKnown: true, reading: null };

describe('the state of a run', () => {
  it('goes by the trainer first and by the last event then', () => {
    const word = (event: NewRunEvent): RunHistory => recordOf([event]);
    const paused: NewRunEvent = { type: 'status', status: 'paused', step: 3 };
    const cases: [RunHistory | undefined, boolean | undefined, string][] = [
      [undefined, undefined, 'waiting'],
      [undefined, true, 'running'],
      [undefined, false, 'died'],
      [word(started), true, 'running'],
      [word(started), false, 'died'],
      [word(paused), true, 'paused'],
      [word(paused), false, 'died'],
      [recordOf([paused, stepEvent(4, 2)]), true, 'running'],
      [recordOf([stepEvent(3, 2), paused]), true, 'paused'],
      [word({ type: 'status', status: 'stopped', step: 3 }), false, 'stopped'],
      [word({ type: 'status', status: 'exporting' }), true, 'running'],
      [word({ type: 'done', step: 9 }), true, 'running'],
      [word({ type: 'done', step: 9 }), false, 'done'],
      [word({ type: 'error', message: 'x' }), false, 'failed'],
    ];
    for (const [last, isAlive, state] of cases) {
      const { terminalEvent, lastStep } = last ?? new RunHistory();
      const about = `${JSON.stringify([terminalEvent, lastStep])}, alive: ${String(isAlive)}`;
      assert.equal(runStateOf({ isAlive, terminalEvent, lastStep, isUnfinishedJob: false }), state, about);
    }
  });

  it('takes a whole job for done only when it wrote its report', () => {
    const { terminalEvent, lastStep } = recordOf([{ type: 'done', step: 9 }]);
    assert.equal(runStateOf({ isAlive: false, terminalEvent, lastStep, isUnfinishedJob: true }), 'died');
  });
});

describe('runSummary', () => {
  const events: NewRunEvent[] = [started, ...Array.from({ length: 20 }, (_, index) => stepEvent(index + 1))];

  it('says how far a running run is and what can be asked of it', () => {
    const summary = runSummary('/runs/first', facts, recordOf(events), aboutWindow, whole);
    assert.equal(summary.name, 'first');
    assert.equal(summary.state, 'running');
    assert.equal(summary.secondsLeft, 80);
    assert.deepEqual([summary.step, summary.steps], [20, 100]);
    assert.deepEqual(summary.engine, { engine: 'native', device: 'Tesla' });
    assert.deepEqual(summary.enabled, [
      'pause',
      'stop',
      'checkpoint',
      'setLearningRate',
      'openConfig',
      'openFolder',
      'openLog',
      'shareReport',
    ]);
  });

  it('compares means of training loss, and as long as there are too few steps nothing', () => {
    // Every fifth batch is of another text, as with replay.
    const lossAt = (step: number): number => (step % 5 === 0 ? 4 : 2.5 - step / 100);
    const lossOf = (count: number): RunSummary['trainingLoss'] => {
      const steps = Array.from({ length: count }, (_, index) => stepEvent(index + 1, lossAt(index + 1)));
      return runSummary('/r', facts, recordOf([started, ...steps]), aboutWindow, whole).trainingLoss;
    };
    assert.equal(lossOf(0), null);
    assert.deepEqual(lossOf(1), { steps: 1, now: lossAt(1), start: null });
    assert.equal(lossOf(9)?.start, null);
    const { steps, now, start } = lossOf(45) ?? { steps: 0, now: NaN, start: null };
    const mean = (first: number): number =>
      Array.from({ length: 20 }, (_, index) => lossAt(first + index)).reduce((sum, loss) => sum + loss, 0) /
      20;
    assert.equal(steps, 20);
    assert.ok(start !== null && Math.abs(now - mean(26)) < 1e-12 && Math.abs(start - mean(1)) < 1e-12);
    assert.ok(now < start && lossAt(45) > lossAt(1), 'the last batch alone would say the opposite');
  });

  it('shows where a new process is, not what one before it said', () => {
    const report: NewRunEvent = { type: 'progress', stage: 'answering', fraction: 0.6, message: 'token 29' };
    const killed = recordOf([...events, { type: 'status', status: 'paused', step: 20 }, report]);
    const files = { ...facts, trainer: { ...trainer, startedAt: '2030-01-01T00:00:00.000Z' } };
    const fresh = runSummary('/r', files, killed, aboutWindow, whole);
    assert.deepEqual([fresh.state, fresh.stage, fresh.step], ['running', 'starting', 0]);
    assert.deepEqual([fresh.progress, fresh.secondsLeft], [null, null]);
    assert.equal(fresh.enabled.includes('pause'), false);
    assert.equal(fresh.enabled.includes('stop'), true);
    // It reads its texts, and then says where it goes on from.
    const reading = {
      ...report,
      stage: 'reading',
      fraction: 0.1,
      seq: 100,
      time: '2030-01-01T00:00:01.000Z',
    };
    killed.add(v.parse(RunEvent, reading));
    const second = runSummary('/r', files, killed, aboutWindow, whole);
    assert.deepEqual([second.progress?.stage, second.step], ['reading', 0]);
    killed.add(v.parse(RunEvent, { ...started, seq: 101, time: '2030-01-01T00:00:02.000Z' }));
    killed.add(v.parse(RunEvent, { ...stepEvent(1), seq: 102, time: '2030-01-01T00:00:03.000Z' }));
    assert.equal(runSummary('/r', files, killed, aboutWindow, whole).step, 1);
  });

  it('counts evaluations and refreshes in the time left', () => {
    const tune = tuneSettings({ steps: 100, evalEvery: 50, updateEvery: 30 });
    // Of an evaluation 10 s, of which the log is a second: what is no step does not slow the steps down.
    const slow: NewRunEvent = { type: 'eval', step: 20, domainLoss: 2, generalLoss: 2, seconds: 10 };
    const history = recordOf([...events, importanceEvent(20), slow]);
    assert.deepEqual([history.refreshSeconds, history.evaluationSeconds], [1, 10]);
    const { secondsLeft } = runSummary('/r', { ...facts, plan: { tune } }, history, aboutWindow, whole);
    // 80 steps of a second; evaluations at 50 and 100; refreshes at 30, 60 and 90.
    assert.equal(secondsLeft, 80 + 2 * 10 + 3 * 1);
    const equal = { ...facts, plan: { tune: { ...tune, unitRates: 'equal' as const } } };
    assert.equal(runSummary('/r', equal, history, aboutWindow, whole).secondsLeft, 100);
  });

  it('counts answers and scores in the time left, each at its own interval', () => {
    const tune = tuneSettings({ steps: 100, evalEvery: 50, updateEvery: 1000 });
    const answers: NewRunEvent = { type: 'answers', step: 20, answers: [], seconds: 2 };
    const history = recordOf([...events, answers, scoresEvent(20, 'mmlu', 1), scoresEvent(20, 'gsm8k', 1)]);
    const evalTasks = [{ name: 'mmlu' }, { name: 'gsm8k', every: 30 }, { name: 'unknown', every: 1 }];
    const plan = { tune, answers: { every: 40 }, evalTasks };
    const { secondsLeft } = runSummary('/r', { ...facts, plan }, history, aboutWindow, whole);
    // 80 steps of a second; answers of 2 s at 40, 80 and 100; mmlu, 4 s, at 50 and 100; gsm8k, 4 s, at 30, 60, 90 and 100.
    assert.equal(secondsLeft, 80 + 3 * 2 + 2 * 4 + 4 * 4);
  });

  it('says why a run stopped where nobody asked for it', () => {
    const ended = (message?: string): string | null => {
      const stopped: NewRunEvent = {
        type: 'status',
        status: 'stopped',
        step: 3,
        ...(message ? { message } : {}),
      };
      const files = { ...facts, isAlive: false };
      return runSummary('/r', files, recordOf([stepEvent(3), stopped]), aboutWindow, whole).because;
    };
    assert.deepEqual([ended(), ended('general loss rose')], [null, 'general loss rose']);
  });

  it('says what is done between steps and for how long, and what was asked for meanwhile', () => {
    const report = (fraction: number): NewRunEvent => ({
      ...{ type: 'progress', stage: 'evaluating', fraction, message: 'domain loss, batch 3 of 8' },
    });
    const history = recordOf([...events, report(0.25), report(0.5)]);
    const summary = runSummary('/r', facts, history, { ...aboutWindow, asked: 'pause' }, whole);
    // A quarter took a second.
    assert.deepEqual(summary.progress, {
      ...{ stage: 'evaluating', fraction: 0.5, message: 'domain loss, batch 3 of 8', secondsLeft: 2 },
    });
    assert.equal(summary.asked, 'pause');
    const over = runSummary(
      '/r',
      facts,
      recordOf([...events, report(0.5), evalEvent(20, 1, 1)]),
      aboutWindow,
      whole,
    );
    assert.equal(over.progress, null);
  });

  it('lets a run be stopped while its model is analyzed', () => {
    const analyzing = recordOf([{ type: 'status', status: 'analyzing' }]);
    const { enabled } = runSummary('/r', facts, analyzing, aboutWindow, whole);
    assert.deepEqual([enabled.includes('stop'), enabled.includes('pause')], [true, false]);
  });

  it('offers a paused run what is granted between two steps as well', () => {
    const paused: NewRunEvent = { type: 'status', status: 'paused', step: 20 };
    const summary = runSummary('/r', facts, recordOf([...events, paused]), aboutWindow, whole);
    assert.deepEqual(summary.enabled, [
      'resume',
      'stop',
      'checkpoint',
      'setLearningRate',
      'openConfig',
      'openFolder',
      'openLog',
      'shareReport',
    ]);
  });

  it('offers nothing that starts or controls in an untrusted window, and no command that is under way', () => {
    const untrusted = runSummary('/r', facts, recordOf(events), { ...aboutWindow, isTrusted: false }, whole);
    assert.deepEqual(untrusted.enabled, ['openConfig', 'openFolder', 'openLog', 'shareReport']);
    const pausing = runSummary('/r', facts, recordOf(events), { ...aboutWindow, pending: 'pause' }, whole);
    assert.ok(!pausing.enabled.includes('pause') && pausing.enabled.includes('stop'));
  });

  it('tells how a trainer died, with its last log lines, and offers to resume', () => {
    const dead = { ...facts, isAlive: false };
    const exit = { code: null, signal: 'SIGKILL' };
    const summary = runSummary(
      '/r',
      dead,
      recordOf(events),
      { ...aboutWindow, exit, output: ['a', 'b'] },
      whole,
    );
    assert.equal(summary.state, 'died');
    assert.deepEqual(summary.exit, exit);
    assert.deepEqual(summary.lastLines, ['a', 'b']);
    assert.equal(summary.secondsLeft, null);
    assert.deepEqual(summary.enabled, ['resume', 'openConfig', 'openFolder', 'openLog', 'shareReport']);
    const alone = runSummary('/r', dead, recordOf(events), aboutWindow, whole);
    assert.deepEqual(alone.lastLines, ['started at step 0']);
  });

  it('tells of a process that was started and is not in the folder yet, or never came to it', () => {
    const idle = { ...facts, trainer: undefined, isAlive: undefined };
    const stopped = recordOf([started, { type: 'status', status: 'stopped', step: 0 }]);
    const starting = runSummary('/r', idle, stopped, { ...aboutWindow, isStarting: true }, whole);
    assert.deepEqual([starting.state, starting.enabled.includes('resume')], ['starting', false]);
    const bare = { ...idle, hasConfig: false };
    const failed = runSummary('/r', bare, stopped, { ...aboutWindow, failure: 'no such model' }, whole);
    assert.deepEqual([failed.state, failed.error], ['failed', 'no such model']);
    // There is nothing yet that it could go on from.
    assert.deepEqual(failed.enabled, ['runAgain', 'delete', 'openFolder', 'openLog', 'shareReport']);
    const saved: NewRunEvent = {
      ...{ type: 'checkpoint', step: 0, path: '/x', domainLoss: null, generalLoss: null },
    };
    const later = runSummary('/r', idle, recordOf([started, saved]), { ...aboutWindow, failure: 'x' }, whole);
    assert.deepEqual([later.enabled.includes('resume'), later.enabled.includes('runAgain')], [true, false]);
    const running = runSummary('/r', facts, recordOf(events), { ...aboutWindow, isStarting: true }, whole);
    assert.equal(running.state, 'running');
  });

  it('says nothing of the state before the log was read', () => {
    const summary = runSummary('/r', { ...facts, isAlive: false }, new RunHistory(), aboutWindow, {
      isKnown: false,
      reading: 0.25,
    });
    assert.equal(summary.state, 'opening');
    assert.deepEqual(summary.enabled, ['openConfig', 'openFolder', 'openLog', 'shareReport']);
  });
});
