import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { processToken } from '../../src/node/process/processAlive';
import { adeptResult, runAdept, startAdept, type Running } from '../support/command';
import { seededRandom } from '../../src/shared/common/random';
import { assertMetricsCsv, assertRecordsAsMade } from '../support/records';
import { hasEvent, killWhenNamed, lastStep, until } from '../support/watchRun';
import { EVERYTHING, makeLifeWorld, tuneArgs, type LifeWorld } from './lifeWorld';
import { assertSameCheckpoint, assertSameSteps, readRun, type RunContent } from './runs';
import { copyOf, editJson } from './world';

const SAVE_EVERY = 3;
const PLAN = { ...EVERYTHING, steps: 40, 'save-every': SAVE_EVERY, 'update-every': 5, 'eval-every': 9 };
const folder = mkdtempSync(join(tmpdir(), 'adept-life-'));
let world: LifeWorld;
let undisturbed: string;
before(async () => {
  world = await makeLifeWorld(folder);
  undisturbed = join(folder, 'undisturbed');
  await adeptResult(tuneArgs(world, undisturbed, PLAN));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const tune = (run: string): Running => startAdept(tuneArgs(world, run, PLAN), { env: world.env });
const resume = (run: string): Running => startAdept(['resume', run], { env: world.env });

async function kill({ child, ended }: Running): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** What a kill leaves is whole, says that it died, and has every checkpoint that was due before the last step. */
async function checkKilled(run: string): Promise<RunContent> {
  const content = readRun(run);
  const { state, checkpoints } = await adeptResult(['status', run]);
  const started = existsSync(join(run, 'trainer.json')) || content.events.length > 0;
  const done = content.events.at(-1)?.type === 'done';
  assert.equal(state, done ? 'done' : started ? 'died' : 'waiting');
  assert.deepEqual(checkpoints, content.checkpoints);
  const due = SAVE_EVERY * Math.floor(Math.max(0, lastStep(run) - 1) / SAVE_EVERY);
  assert.ok((content.checkpoints.at(-1) ?? 0) >= due, `step ${lastStep(run)}, ${String(checkpoints)}`);
  return content;
}

/** Nothing that a kill left half-made is there at the end, and the run is what it is without one. */
function checkWhole(run: string): void {
  const content = readRun(run);
  assertSameSteps(content, readRun(undisturbed));
  assertSameCheckpoint(run, undisturbed, PLAN.steps);
  assertMetricsCsv(run);
  assertRecordsAsMade(run);
  const names = [...readdirSync(run), ...readdirSync(join(run, 'checkpoints'))];
  assert.deepEqual(
    names.filter((name) => name.startsWith('.')),
    [],
  );
  for (const [index, event] of content.events.entries()) {
    if (event.type === 'status' && event.status === 'resumed') {
      const earlier = content.events.slice(0, index);
      const last = earlier.filter((other) => other.type === 'step').at(-1)?.step ?? 0;
      const saved = earlier.filter((other) => other.type === 'checkpoint').at(-1)?.step ?? 0;
      // A kill between a checkpoint and its event: the checkpoint counts.
      assert.ok(event.step !== undefined && event.step >= saved && event.step <= last);
      assert.ok(last - event.step <= SAVE_EVERY, `redoes ${last - event.step} steps`);
    }
  }
}

describe('a run that is killed', { concurrency: 2 }, () => {
  it('again and again, at any moment, comes out as if it had not been', async (t) => {
    const run = join(folder, 'random');
    const random = seededRandom(11);
    let kills = 0;
    let running = tune(run);
    for (let target = Math.ceil(random() * 3); target < PLAN.steps; target += Math.ceil(random() * 9)) {
      await until(running, () => lastStep(run) >= target);
      await setTimeout(random() * 12);
      await kill(running);
      await checkKilled(run);
      kills += 1;
      running = resume(run);
    }
    assert.equal((await running.ended).status, 0);
    checkWhole(run);
    t.diagnostic(`${kills} kills`);
  });

  it('while it writes a checkpoint or says that it lives, loses nothing that was whole', async (t) => {
    const run = join(folder, 'writing');
    const moments = [
      /^\.step-.*partial$/,
      /^step-/,
      /^\.trainer\.json.*tmp$/,
      /^\.step-0*12\.partial$/,
      /^step-0*21$/,
    ];
    let running = tune(run);
    let kills = 0;
    for (const fits of moments) {
      const folder = fits.source.includes('trainer') ? run : join(run, 'checkpoints');
      await until(running, () => existsSync(folder));
      const close = killWhenNamed(running, folder, fits);
      kills += (await running.ended).signal === 'SIGKILL' ? 1 : 0;
      close();
      await checkKilled(run);
      running = resume(run);
    }
    assert.equal((await running.ended).status, 0);
    checkWhole(run);
    assert.ok(kills >= 3, `${kills} kills`);
    t.diagnostic(`${kills} kills`);
  });

  it('before its first step, begins again', async () => {
    const moments: readonly ((run: string) => boolean)[] = [
      (run) => existsSync(join(run, 'run.json')),
      (run) => existsSync(join(run, 'trainer.json')),
      (run) => hasEvent(run, '"started"'),
      (run) => hasEvent(run, '"importance"'),
      (run) => hasEvent(run, '"eval"'),
    ];
    const run = join(folder, 'beginning');
    let running = tune(run);
    for (const moment of moments) {
      await until(running, () => moment(run));
      await kill(running);
      await checkKilled(run);
      running = resume(run);
    }
    assert.equal((await running.ended).status, 0);
    checkWhole(run);
  });

  it('in the middle of a line of its log, goes on with a whole one', async () => {
    const run = join(folder, 'torn');
    let running = tune(run);
    for (const [step, torn] of [
      [7, Buffer.from('{"seq":')],
      [16, Buffer.from('{"message":"\u00fc').subarray(0, -1)],
    ] as const) {
      await until(running, () => lastStep(run) >= step);
      await kill(running);
      const whole = readRun(run).events.length;
      appendFileSync(join(run, 'events.ndjson'), torn);
      assert.equal((await checkKilled(run)).events.length, whole);
      running = resume(run);
    }
    assert.equal((await running.ended).status, 0);
    checkWhole(run);
  });

  const linux = process.platform !== 'linux' && 'only Linux tells processes with the same number apart';
  it('is not taken for a living one when its process number is in use again', { skip: linux }, async () => {
    const run = copyOf(undisturbed, join(folder, 'reused'));
    editJson(join(run, 'trainer.json'), () => ({ pid: process.pid, state: 'running' }));
    assert.equal((await adeptResult(['status', run])).state, 'done');
    assert.equal((await runAdept(['resume', run])).status, 0);
    editJson(join(run, 'trainer.json'), () => ({
      ...{ pid: process.pid, state: 'running', processToken: processToken(process.pid) },
    }));
    assert.equal((await adeptResult(['status', run])).state, 'running');
  });

  it('is dead also where nobody has asked how its process ended', { skip: linux }, async (t) => {
    const run = copyOf(undisturbed, join(folder, 'zombie'));
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.after(() => parent.kill());
    const pid = Number(String(await once(parent.stdout, 'data')));
    editJson(join(run, 'trainer.json'), () => ({ pid, state: 'running', processToken: processToken(pid) }));
    while (!/State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) {
      await setTimeout(20);
    }
    assert.equal((await adeptResult(['status', run])).state, 'done');
  });
});
