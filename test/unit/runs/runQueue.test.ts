import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { QueueRunner, type QueueHost } from '../../../src/extension/queue/queueRunner';
import { processToken } from '../../../src/node/process/processAlive';
import { QueueFile } from '../../../src/node/run/queueFile';
import {
  added,
  changedItem,
  claimed,
  cleared,
  EMPTY_QUEUE,
  isOver,
  moved,
  removed,
  type QueueItem,
  type QueueOwner,
  type RunQueue,
} from '../../../src/shared/runs/runQueue';
import { temporaryFolder } from '../../support/temporaryFolder';

const HERE: QueueOwner = { pid: process.pid, processToken: processToken(process.pid) };
/** A window that is gone: this process number, of an earlier boot. */
const GONE: QueueOwner = { pid: process.pid, processToken: 'another boot:1' };

function queueOf(...runs: readonly string[]): RunQueue {
  return runs.reduce(
    (queue, run) => added(queue, { id: run, kind: 'start', run, config: '/c' }),
    EMPTY_QUEUE,
  );
}

const states = ({ items }: RunQueue): string[] => items.map(({ run, state }) => `${run} ${state}`);

describe('a queue of runs', () => {
  it('gives one run after the other, in an order that can be changed while they wait', () => {
    const first = claimed(queueOf('a', 'b', 'c', 'd'), HERE);
    assert.equal(first?.item.run, 'a');
    assert.equal(claimed(first.queue, HERE), undefined, 'one at a time');
    const order = moved(moved(first.queue, 'd', -1), 'b', -1);
    assert.deepEqual(states(order), ['a starting', 'b waiting', 'd waiting', 'c waiting']);
    assert.deepEqual(states(moved(order, 'a', 1)), states(order), 'what is active stays');
    assert.deepEqual(states(removed(removed(order, 'b'), 'a')), ['a starting', 'd waiting', 'c waiting']);
    const ended = changedItem(order, 'a', { state: 'ended', ending: { kind: 'done', text: 'fine' } });
    assert.equal(claimed({ ...ended, paused: true }, HERE), undefined);
    assert.equal(claimed(ended, HERE)?.item.run, 'b');
    assert.deepEqual(states(cleared(ended)), ['b waiting', 'd waiting', 'c waiting']);
  });

  it('is over once, and begins anew with the next run', () => {
    const over = changedItem(queueOf('a'), 'a', { state: 'ended' });
    assert.deepEqual([isOver(EMPTY_QUEUE), isOver(queueOf('a')), isOver(over)], [false, false, true]);
    const reported = { ...over, reported: true };
    assert.equal(isOver(reported), false);
    assert.deepEqual(states(added(reported, { id: 'b', kind: 'start', run: 'b', config: '/c' })), [
      'b waiting',
    ]);
  });
});

/** Runs that a window sees: what was launched is live until it is said to have ended. */
class FakeWorld {
  readonly standings = new Map<string, ReturnType<QueueHost['standing']>>();
  readonly launched: string[] = [];
  readonly told: (readonly QueueItem[])[] = [];
  readonly problems: unknown[] = [];
  readonly refuses = new Set<string>();

  window(file: QueueFile, owner = HERE): QueueRunner {
    return new QueueRunner(
      file,
      {
        isFree: () => ![...this.standings.values()].includes('live'),
        standing: (run) => this.standings.get(run) ?? 'missing',
        launch: ({ run }) => {
          this.launched.push(run);
          if (this.refuses.has(run)) {
            return Promise.reject(new Error(`${run} has no engine`));
          }
          this.standings.set(run, 'live');
          return Promise.resolve();
        },
        over: (items) => {
          this.told.push(items);
        },
        failed: (error) => {
          this.problems.push(error);
        },
      },
      owner,
    );
  }
}

function bench(t: TestContext): { world: FakeWorld; file: QueueFile } {
  return { world: new FakeWorld(), file: new QueueFile(join(temporaryFolder(t), 'queue')) };
}

const DONE = { kind: 'done', text: 'is done' } as const;

describe('a window with a queue', () => {
  it('starts the next when the last has ended, passes over what does not start, and tells once what became of all', async (t) => {
    const { world, file } = bench(t);
    const runner = world.window(file);
    world.refuses.add('b');
    await file.update(() => queueOf('a', 'b', 'c'));
    await runner.tick();
    assert.deepEqual(world.launched, ['a']);
    assert.deepEqual(states(runner.queue), ['a running', 'b waiting', 'c waiting']);
    await runner.tick();
    assert.deepEqual(world.launched, ['a'], 'while it is at work nothing is started');
    world.standings.set('a', DONE);
    await runner.tick();
    assert.deepEqual(world.launched, ['a', 'b', 'c']);
    assert.equal(world.told.length, 0);
    world.standings.set('c', { kind: 'stopped', text: 'is stopped' });
    await runner.tick();
    await runner.tick();
    assert.deepEqual(
      world.told.map((items) => items.map(({ run, ending }) => [run, ending?.kind, ending?.text])),
      [
        [
          ['a', 'done', 'is done'],
          ['b', 'failed', 'b has no engine'],
          ['c', 'stopped', 'is stopped'],
        ],
      ],
    );
  });

  it('starts no run twice where two windows have the same queue', async (t) => {
    const { world, file } = bench(t);
    await file.update(() => queueOf('a', 'b'));
    // Another process: this test's parent lives as long as it does.
    const other = { pid: process.ppid, processToken: processToken(process.ppid) };
    const [one, two] = [world.window(file), world.window(file, other)];
    await Promise.all([one.tick(), two.tick(), one.tick(), two.tick()]);
    assert.deepEqual(world.launched, ['a']);
    world.standings.set('a', DONE);
    await Promise.all([one.tick(), two.tick()]);
    await Promise.all([one.tick(), two.tick()]);
    assert.deepEqual(world.launched, ['a', 'b']);
    world.standings.set('b', DONE);
    await Promise.all([one.tick(), two.tick()]);
    await Promise.all([one.tick(), two.tick()]);
    assert.equal(world.told.length, 1);
  });

  it('takes up what a window left that is gone', async (t) => {
    const { world, file } = bench(t);
    const left = (change: Partial<QueueItem>): RunQueue =>
      changedItem(queueOf('a', 'b'), 'a', { owner: GONE, ...change });
    await file.update(() => left({ state: 'running' }));
    world.standings.set('a', 'live');
    const runner = world.window(file);
    await runner.tick();
    assert.deepEqual([world.launched, states(runner.queue)], [[], ['a running', 'b waiting']]);
    world.standings.set('a', DONE);
    await runner.tick();
    assert.deepEqual(world.launched, ['b']);

    // Gone before it had started anything: the run waits again, and starts.
    const second = bench(t);
    await second.file.update(() => left({ state: 'starting' }));
    const again = second.world.window(second.file);
    await again.tick();
    assert.deepEqual(second.world.launched, ['a']);
  });

  it('starts nothing while it is paused, and leaves a file as it is that it cannot use', async (t) => {
    const { world, file } = bench(t);
    const runner = world.window(file);
    await runner.change(() => ({ ...queueOf('a'), paused: true }));
    await runner.tick();
    assert.deepEqual(world.launched, []);
    await runner.change((queue) => ({ ...queue, paused: false }));
    await runner.tick();
    assert.deepEqual(world.launched, ['a']);

    writeFileSync(file.path, '{ half');
    await runner.tick();
    await runner.tick();
    assert.match(runner.problem ?? '', /queue\.json: is not JSON/);
    assert.equal(world.problems.length, 1);
    await assert.rejects(
      runner.change((queue) => removed(queue, 'a')),
      /queue\.json/,
    );
    assert.equal(readFileSync(file.path, 'utf8'), '{ half');
  });
});
