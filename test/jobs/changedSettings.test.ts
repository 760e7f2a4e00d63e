import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readEvents } from '../../src/node/run/eventWriter';
import { readJob } from '../../src/node/job/jobFile';
import { readCheckpointState } from '../../src/node/run/checkpointState';
import { RunFolder } from '../../src/node/run/runFolder';
import { adeptResult, runAdept } from '../support/command';
import { assertMetricsCsv, assertRecordsAsMade } from '../support/records';
import { projectRoot } from '../support/projectRoot';
import { assertRefused } from '../support/refusal';
import { temporaryFolder } from '../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

/** Base learning rates of the steps of a run, in order. */
function ratesOf(run: RunFolder): [step: number, rate: number][] {
  return readEvents(run.file('events')).flatMap((event): [number, number][] =>
    event.type === 'step' ? [[event.step, event.learningRate]] : [],
  );
}

describe('a job that is resumed with other settings', () => {
  it('goes on with them, keeps what they were, and makes its report and export anew', async (t) => {
    const folder = temporaryFolder(t);
    const [config, out] = [join(folder, 'job.adept.json'), join(folder, 'run')];
    const tune = {
      ...{ steps: 2, learningRate: 0.02, schedule: 'linear', batchSize: 2, seqLen: 32, saveEvery: 2 },
      ...{ maxProbeSequences: 2, maxEvalSequences: 2 },
    };
    const job = {
      ...{ model: sample('model'), probe: [sample('general.txt')], domain: [sample('domain.jsonl')], out },
      ...{
        analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 },
        expand: { layers: [6] },
        engine: 'wasm',
        tune,
      },
    };
    const write = (changed: object): void => {
      writeFileSync(config, JSON.stringify({ ...job, tune: { ...tune, ...changed } }));
    };
    write({});
    await adeptResult(['run', '--config', config]);
    const run = RunFolder.open(out);
    const first = readFileSync(join(out, 'export/model.safetensors'));
    // A linear schedule is at its end: one step of 2 is at the full rate, the other at half of it.
    assert.deepEqual(ratesOf(run), [
      [1, 0.02],
      [2, 0.01],
    ]);

    assertRefused(await runAdept(['resume', out, '--steps', '1', '--json']), [
      'the checkpoint that it goes on from is of step 2, and the run is to end at step 1',
      'set steps to 2 or more',
    ]);
    assertRefused(await runAdept(['resume', out, '--lr', '-1', '--json']), ['--lr: -1 is not usable']);
    assert.equal(run.readSpec().changes, undefined, 'what is refused leaves the run as it was');

    write({ steps: 4, learningRate: 0.004, batchSize: 4 });
    const resumed = await runAdept(['resume', out, '--config', config, '--json']);
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stderr, /batchSize stays 2: a run cannot go on with another\./);
    // Steps 3 and 4 of 4 on the linear schedule, of the new rate.
    assert.deepEqual(ratesOf(run).slice(2), [
      [3, 0.002],
      [4, 0.001],
    ]);
    const [change] = run.readSpec().changes ?? [];
    assert.deepEqual(change?.settings, [
      { name: 'steps', from: 2, to: 4 },
      { name: 'learningRate', from: 0.02, to: 0.004 },
    ]);
    const { steps, learningRate, batchSize } = run.readSpec().tune;
    assert.deepEqual([steps, learningRate, batchSize], [4, 0.004, 2]);
    assert.deepEqual(readJob(out)?.config.tune, run.readSpec().tune);
    assert.equal(readCheckpointState(run, 4).baseLearningRate, 0.004);
    assert.ok(
      readEvents(run.file('events')).some(
        (event) =>
          event.type === 'log' &&
          event.message === 'settings changed: steps 2 → 4, learningRate 0.02 → 0.004',
      ),
    );
    const report: unknown = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    assert.ok(typeof report === 'object' && report !== null && 'steps' in report && report.steps === 4);
    assert.ok(!first.equals(readFileSync(join(out, 'export/model.safetensors'))));
    const aside = join(out, 'discarded/after-step-00000002');
    assert.ok(first.equals(readFileSync(join(aside, 'export/model.safetensors'))), 'nothing is lost');
    assert.ok(existsSync(join(aside, 'report.json')));

    // A checkpoint from before the change goes on at the rate that the run has now.
    await adeptResult(['resume', out, '--checkpoint', '2', '--discard-later']);
    assert.deepEqual(ratesOf(run).slice(4), [
      [3, 0.002],
      [4, 0.001],
    ]);
    assertMetricsCsv(out);
    assertRecordsAsMade(out);
  });
});
