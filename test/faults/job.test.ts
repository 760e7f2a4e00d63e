import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as v from 'valibot';
import { JobReport } from '../../src/shared/run/job';
import { adeptResult, resultOf, runAdept, startAdept, type Running } from '../support/command';
import { hasEvent, lastStep, trainerPid, until } from '../support/watchRun';
import { makeLifeWorld, type LifeWorld } from './lifeWorld';
import { assertSameSteps, readRun } from './runs';
import { letters, write } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-life-'));
let world: LifeWorld;
let undisturbed: Job;
before(async () => {
  world = await makeLifeWorld(folder);
  writeFileSync(join(world.model, 'tokenizer.json'), JSON.stringify(letters()));
  write(join(folder, 'questions_test.csv'), 'one or two,a,b,c,d,B\nhow many,1,2,3,4,C\n');
  undisturbed = writeJob('undisturbed');
  resultOf(await runAdept(['run', '--config', undisturbed.config, '--json']));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A job's configuration, its run folder, and where its model is exported to. */
interface Job {
  readonly config: string;
  readonly run: string;
  readonly exported: string;
}

function writeJob(name: string): Job {
  const [run, exported] = [join(folder, name), join(folder, `${name}-export`)];
  const config = {
    ...{ model: world.model, probe: [world.probe], domain: [world.domain], out: run, engine: 'wasm' },
    analyze: { batchSize: 1 },
    expand: { lowest: 1 },
    tune: { steps: 12, learningRate: 2e-3, batchSize: 2, saveEvery: 5, updateEvery: 4, schedule: 'cosine' },
    choices: { files: [join(folder, 'questions_test.csv')] },
    export: { out: exported, alpha: 0.5 },
  };
  return { config: write(join(folder, `${name}.adept.json`), JSON.stringify(config)), run, exported };
}

/** What a job came to, without what depends on the clock and the paths. */
function report({ run }: Job): object {
  const whole = v.parse(JobReport, JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')));
  const { layers, parameters, steps, before: first, after: last } = whole;
  assert.ok(whole.trainingSeconds > 0, 'the time of its steps');
  return { layers, parameters, steps, before: first, after: last };
}

function assertSameJob(actual: Job): void {
  assert.deepEqual(report(actual), report(undisturbed));
  assertSameSteps(readRun(actual.run), readRun(undisturbed.run));
  assert.deepEqual(readdirSync(actual.exported).sort(), readdirSync(undisturbed.exported).sort());
  for (const name of ['model.safetensors', 'config.json', 'tokenizer.json']) {
    const [ours, theirs] = [actual, undisturbed].map(({ exported }) => readFileSync(join(exported, name)));
    assert.ok(theirs && ours?.equals(theirs), name);
  }
  const left = readdirSync(actual.run, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    left.filter((name) => /(^|\/)\./.test(name)),
    [],
  );
}

const start = ({ config }: Job): Running =>
  startAdept(['run', '--config', config, '--json'], { env: world.env });
const resume = ({ run }: Job): Running => startAdept(['resume', run, '--json'], { env: world.env });

/** Every stage has a moment by which it has begun, and one by which it has just ended. */
const MOMENTS: readonly [string, (job: Job) => boolean][] = [
  ['the job is there', ({ run }) => existsSync(join(run, 'job.json'))],
  ['analysis has begun', ({ run }) => hasEvent(run, '"analyzing"')],
  ['importance is there', ({ run }) => existsSync(join(run, 'importance.json'))],
  ['expansion has begun', ({ run }) => hasEvent(run, '"expanding"')],
  [
    'the expanded folder is being filled',
    ({ run }) => existsSync(join(run, 'expanded', '.adept-incomplete')),
  ],
  ['the expanded model is there', ({ run }) => existsSync(join(run, 'expanded', 'config.json'))],
  ['the first questions are asked', ({ run }) => hasEvent(run, '"evaluating"')],
  ['tuning has begun', ({ run }) => hasEvent(run, '"started"')],
  ['a few steps are done', ({ run }) => lastStep(run) >= 7],
  ['all steps are done', ({ run }) => hasEvent(run, '"done"')],
  ['the export is being filled', ({ exported }) => existsSync(join(exported, '.adept-incomplete'))],
  ['the export is there', ({ exported }) => existsSync(join(exported, 'config.json'))],
  ['the last questions are asked', ({ run }) => hasEvent(run, '"evaluating"', '"exporting"')],
];

describe('a whole job', { concurrency: 2 }, () => {
  it('killed in every stage comes out as if it had not been', async (t) => {
    const job = writeJob('killed');
    let running = start(job);
    let kills = 0;
    for (const [title, moment] of MOMENTS) {
      await until(running, () => moment(job));
      running.child.kill('SIGKILL');
      const { signal, stderr } = await running.ended;
      kills += signal === 'SIGKILL' ? 1 : 0;
      const { state } = await adeptResult(['status', job.run]);
      const allowed = existsSync(join(job.run, 'report.json')) ? /^(died|done)$/ : /^(died|waiting)$/;
      assert.match(String(state), allowed, `${String(state)}, killed when ${title}:\n${stderr}`);
      running = resume(job);
    }
    assert.equal(resultOf(await running.ended).status, 'done');
    assertSameJob(job);
    assert.ok(kills >= 9, `${kills} kills`);
    t.diagnostic(`${kills} kills`);
  });

  it('stopped in every stage goes on from there', async (t) => {
    const job = writeJob('stopped');
    let running = start(job);
    let stops = 0;
    for (const [, moment] of MOMENTS.filter(([title]) => / (begun|asked|steps are done)$/.test(title))) {
      // Before it has claimed the run a signal ends it as it ends any process.
      await until(running, () => trainerPid(job.run) === running.child.pid && moment(job));
      running.child.kill('SIGTERM');
      const { status } = resultOf(await running.ended);
      stops += status === 'stopped' ? 1 : 0;
      assert.equal((await adeptResult(['status', job.run])).state, status);
      running = resume(job);
    }
    assert.equal(resultOf(await running.ended).status, 'done');
    assertSameJob(job);
    t.diagnostic(`${stops} stops`);
  });
});
