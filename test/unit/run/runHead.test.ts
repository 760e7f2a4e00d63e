import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunFacts } from '../../../src/node/run/runFacts';
import { runHead, runState, type RunWindow } from '../../../src/node/runPage/runHead';
import { RunRecord } from '../../../src/node/run/runRecord';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import { recordOf, stepEvent } from '../../support/runEvents';

const started: NewRunEvent = { type: 'status', status: 'started', step: 0 };

const trainer: NonNullable<RunFacts['trainer']> = {
  format: 'adept.trainer/1',
  pid: 1,
  startedAt: '',
  heartbeat: '',
  socket: '/tmp/s',
  state: 'running',
  engine: { engine: 'native', device: 'Tesla' },
};
const facts: RunFacts = {
  model: '/models/m',
  steps: 100,
  createdAt: undefined,
  trainer,
  isAlive: true,
  isUnfinishedJob: false,
  hasConfig: true,
  dial: undefined,
  problems: [],
};
const aboutWindow: RunWindow = { isTrusted: true, remoteName: 'ssh-remote', pending: undefined };
const whole = { isKnown: true, reading: null };

describe('runState', () => {
  it('goes by the trainer first and by the last event then', () => {
    const word = (event: NewRunEvent): ReturnType<typeof terminalEventOf> => terminalEventOf([event]);
    const cases: [ReturnType<typeof terminalEventOf>, boolean | undefined, string][] = [
      [undefined, undefined, 'waiting'],
      [undefined, true, 'running'],
      [undefined, false, 'died'],
      [word(started), true, 'running'],
      [word(started), false, 'died'],
      [word({ type: 'status', status: 'paused', step: 3 }), true, 'paused'],
      [word({ type: 'status', status: 'paused', step: 3 }), false, 'died'],
      [word({ type: 'status', status: 'stopped', step: 3 }), false, 'stopped'],
      [word({ type: 'status', status: 'exporting' }), true, 'running'],
      [word({ type: 'done', step: 9 }), true, 'running'],
      [word({ type: 'done', step: 9 }), false, 'done'],
      [word({ type: 'error', message: 'x' }), false, 'failed'],
    ];
    for (const [last, isAlive, state] of cases) {
      const about = `${JSON.stringify(last)}, alive: ${String(isAlive)}`;
      assert.equal(runState(last, { isAlive, isUnfinishedJob: false }), state, about);
    }
  });

  it('takes a whole job for done only when it wrote its report', () => {
    const last = terminalEventOf([{ type: 'done', step: 9 }]);
    assert.equal(runState(last, { isAlive: false, isUnfinishedJob: true }), 'died');
  });
});

function terminalEventOf(events: readonly NewRunEvent[]): RunRecord['terminalEvent'] {
  return recordOf(events).terminalEvent;
}

describe('runHead', () => {
  const events: NewRunEvent[] = [started, ...Array.from({ length: 20 }, (_, index) => stepEvent(index + 1))];

  it('says how far a running run is and what can be asked of it', () => {
    const head = runHead('/runs/first', facts, recordOf(events), aboutWindow, whole);
    assert.equal(head.name, 'first');
    assert.equal(head.state, 'running');
    assert.equal(head.secondsLeft, 80);
    assert.deepEqual([head.step, head.steps], [20, 100]);
    assert.deepEqual(head.engine, { engine: 'native', device: 'Tesla' });
    assert.deepEqual(head.bestTrainingLoss, { step: 20, value: 2.98 });
    assert.deepEqual(head.enabled, [
      'pause',
      'stop',
      'checkpoint',
      'setLearningRate',
      'openConfig',
      'openFolder',
      'openLog',
    ]);
  });

  it('offers nothing that starts or controls in an untrusted window, and no command that is under way', () => {
    const untrusted = runHead('/r', facts, recordOf(events), { ...aboutWindow, isTrusted: false }, whole);
    assert.deepEqual(untrusted.enabled, ['openConfig', 'openFolder', 'openLog']);
    const pausing = runHead('/r', facts, recordOf(events), { ...aboutWindow, pending: 'pause' }, whole);
    assert.ok(!pausing.enabled.includes('pause') && pausing.enabled.includes('stop'));
  });

  it('tells how a trainer died, with its last log lines, and offers to resume', () => {
    const dead = { ...facts, isAlive: false };
    const exit = { code: null, signal: 'SIGKILL' };
    const head = runHead('/r', dead, recordOf(events), { ...aboutWindow, exit, output: ['a', 'b'] }, whole);
    assert.equal(head.state, 'died');
    assert.deepEqual(head.exit, exit);
    assert.deepEqual(head.lastLines, ['a', 'b']);
    assert.equal(head.secondsLeft, null);
    assert.deepEqual(head.enabled, ['resume', 'openConfig', 'openFolder', 'openLog']);
    const alone = runHead('/r', dead, recordOf(events), aboutWindow, whole);
    assert.deepEqual(alone.lastLines, ['started at step 0']);
  });

  it('tells of a process that was started and is not in the folder yet, or never came to it', () => {
    const idle = { ...facts, trainer: undefined, isAlive: undefined };
    const stopped = recordOf([started, { type: 'status', status: 'stopped', step: 0 }]);
    const starting = runHead('/r', idle, stopped, { ...aboutWindow, isStarting: true }, whole);
    assert.deepEqual([starting.state, starting.enabled.includes('resume')], ['starting', false]);
    const failed = runHead('/r', idle, stopped, { ...aboutWindow, failure: 'no such model' }, whole);
    assert.deepEqual([failed.state, failed.error], ['failed', 'no such model']);
    const running = runHead('/r', facts, recordOf(events), { ...aboutWindow, isStarting: true }, whole);
    assert.equal(running.state, 'running');
  });

  it('says nothing of the state before the log was read', () => {
    const head = runHead('/r', { ...facts, isAlive: false }, new RunRecord(), aboutWindow, {
      isKnown: false,
      reading: 0.25,
    });
    assert.equal(head.state, 'opening');
    assert.deepEqual(head.enabled, ['openConfig', 'openFolder', 'openLog']);
  });
});
