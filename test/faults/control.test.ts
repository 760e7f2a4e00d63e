import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import { callTrainer } from '../../src/node/process/controlClient';
import { CheckpointState, TrainerFile } from '../../src/shared/run/runFolder';
import type { TrainerCall, TrainerStatus } from '../../src/shared/run/protocol';
import { adeptResult, resultOf, runAdept, startAdept, type Ended, type Running } from '../support/command';
import { assertRefused } from '../support/refusal';
import { lastStep, until } from '../support/watchRun';
import { treeDigest } from '../support/treeDigest';
import { EVERYTHING, makeLifeWorld, tuneArgs, type LifeWorld } from './lifeWorld';
import { assertSameSteps, readRun, type RunContent } from './runs';
import { copyOf } from './world';

/** More steps than any test waits for. */
const PLAN = {
  ...EVERYTHING,
  steps: 100_000,
  schedule: 'constant',
  warmup: 0,
  'save-every': 7,
  'max-eval-sequences': 1,
};
const folder = mkdtempSync(join(tmpdir(), 'adept-life-'));
let world: LifeWorld;
before(async () => {
  world = await makeLifeWorld(folder);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const tune = (run: string): Running =>
  startAdept([...tuneArgs(world, run, PLAN), '--json'], { env: world.env });
const resume = (run: string): Running => startAdept(['resume', run, '--json'], { env: world.env });

function call(run: string, request: TrainerCall): Promise<TrainerStatus> {
  const { socket } = v.parse(TrainerFile, JSON.parse(readFileSync(join(run, 'trainer.json'), 'utf8')));
  assert.ok(socket !== null);
  return callTrainer(socket, request);
}

function checkpointState(run: string, step: number): CheckpointState {
  const file = join(run, 'checkpoints', `step-${String(step).padStart(8, '0')}`, 'state.json');
  return v.parse(CheckpointState, JSON.parse(readFileSync(file, 'utf8')));
}

/** Starts a run and pauses it somewhere after its third step. @returns the step */
async function paused(run: string): Promise<{ running: Running; step: number }> {
  const running = tune(run);
  await until(running, () => lastStep(run) >= 3);
  await call(run, { method: 'pause' });
  let status = await call(run, { method: 'status' });
  while (status.phase !== 'paused') {
    status = await call(run, { method: 'status' });
  }
  assert.equal(lastStep(run), status.step);
  return { running, step: status.step };
}

async function stop(run: string, running: Running): Promise<void> {
  const stopped = await adeptResult(['stop', run]);
  const { status, step } = resultOf(await running.ended);
  assert.deepEqual([status, stopped.state, stopped.step], ['stopped', 'stopped', step]);
  assert.equal(readRun(run).checkpoints.at(-1), step);
}

describe('a run at work', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`saves and ends at ${signal}`, async () => {
      const run = join(folder, signal);
      const running = tune(run);
      await until(running, () => lastStep(run) >= 3);
      running.child.kill(signal);
      const { status, step } = resultOf(await running.ended);
      const { checkpoints, steps, events } = readRun(run);
      assert.deepEqual([status, step, checkpoints.at(-1)], ['stopped', steps.at(-1)?.step, step]);
      assert.ok(events.at(-1)?.type === 'status');
      assert.equal((await adeptResult(['status', run])).state, 'stopped');
      assertRefused(await runAdept(['stop', run, '--json']), [run, 'no trainer works', 'adept resume']);
    });
  }

  it('lets no second trainer at it', async () => {
    const run = join(folder, 'claimed');
    const { running } = await paused(run);
    const before = treeDigest(join(run, 'checkpoints'));
    // The one that works on it says what it uses, also while it is paused.
    const readLog = (): string[] =>
      readFileSync(join(run, 'events.ndjson'), 'utf8')
        .split('\n')
        .filter((line) => !line.includes('"type":"resources"'));
    const log = readLog();
    const pid = String(running.child.pid);
    assertRefused(await runAdept(['resume', run, '--json']), [run, pid, 'adept stop']);
    assertRefused(await runAdept([...tuneArgs(world, run, PLAN), '--json']), ['--out', run, 'not empty']);
    assert.deepEqual(treeDigest(join(run, 'checkpoints')), before);
    assert.deepEqual(readLog(), log);
    const { state, pid: named } = await adeptResult(['status', run]);
    assert.deepEqual([state, String(named)], ['paused', pid]);
    await stop(run, running);
  });

  it('is claimed by one of several trainers that are started at once', async () => {
    const run = join(folder, 'raced');
    const first = tune(run);
    await until(first, () => lastStep(run) >= 8);
    first.child.kill('SIGKILL');
    await first.ended;
    const others = Array.from({ length: 4 }, () => resume(run));
    const refused: Ended[] = [];
    for (const { ended } of others) {
      void ended.then((end) => refused.push(end));
    }
    while (refused.length < others.length - 1) {
      await setTimeout(20);
    }
    for (const end of refused) {
      assertRefused(end, [run, 'adept stop']);
    }
    const [winner] = others.filter(({ child }) => child.exitCode === null);
    assert.ok(winner);
    await until(winner, () => lastStep(run) >= 12);
    await stop(run, winner);
    assert.equal(
      readRun(run).events.filter((event) => event.type === 'status' && event.status === 'resumed').length,
      1,
    );
  });

  it('grants a checkpoint and another learning rate while it is paused, and both outlive a kill', async () => {
    const run = join(folder, 'rated');
    const { running, step } = await paused(run);
    const before = PLAN.lr;
    await call(run, { method: 'checkpoint' });
    await until(running, () => readRun(run).checkpoints.at(-1) === step);
    const saved = checkpointState(run, step);
    assert.equal(saved.baseLearningRate, before);

    await call(run, { method: 'setLearningRate', value: before / 4 });
    await call(run, { method: 'checkpoint' });
    await until(running, () => checkpointState(run, step).baseLearningRate === before / 4);
    const { units, ...state } = checkpointState(run, step);
    const { units: savedUnits, ...savedState } = saved;
    assert.deepEqual(
      { ...state, createdAt: saved.createdAt },
      { ...savedState, baseLearningRate: before / 4 },
    );
    for (const [index, unit] of savedUnits.entries()) {
      assert.ok(Math.abs((units[index]?.learningRate ?? NaN) - unit.learningRate / 4) <= 1e-12, unit.name);
    }
    assert.equal((await call(run, { method: 'status' })).baseLearningRate, before / 4);

    // One goes on from the pause, its copy from the checkpoint as after a kill: they take the same steps.
    const copy = copyOf(run, join(folder, 'copied'));
    rmSync(join(copy, 'trainer.json'));
    const other = resume(copy);
    await call(run, { method: 'resume' });
    await until(running, () => lastStep(run) >= step + 6);
    await until(other, () => lastStep(copy) >= step + 6);
    await stop(run, running);
    await stop(copy, other);
    const until6 = ({ steps }: RunContent): RunContent['steps'] =>
      steps.filter((event) => event.step <= step + 6);
    const [actual, expected] = [readRun(copy), readRun(run)];
    assertSameSteps({ ...actual, steps: until6(actual) }, { ...expected, steps: until6(expected) });
    assert.deepEqual(
      until6(expected).map(({ step: at, learningRate }) => [at > step, learningRate]),
      until6(expected).map(({ step: at }) => [
        at > step,
        at > step ? before / 4 : expected.steps[at - 1]?.learningRate,
      ]),
    );
    const statuses = expected.events.flatMap((event) => (event.type === 'status' ? [event.status] : []));
    assert.deepEqual(statuses, ['started', 'paused', 'tuning', 'stopped']);
  });

  it('can be stopped while it is paused', async () => {
    const run = join(folder, 'halted');
    const { running, step } = await paused(run);
    await stop(run, running);
    assert.equal(readRun(run).checkpoints.at(-1), step);
  });

  it('refuses a call that is none, and goes on', async () => {
    const run = join(folder, 'called');
    const { running } = await paused(run);
    await assert.rejects(call(run, { method: 'setLearningRate', value: -1 }), /"value"/);
    await assert.rejects(call(run, { method: 'party' as 'status' }), /party/);
    await stop(run, running);
  });
});
