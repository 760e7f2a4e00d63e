import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ComparedRuns } from '../../../src/extension/comparison/comparedRun';
import {
  compareRuns,
  comparisonMarkdown,
  type RunComparison,
} from '../../../src/extension/comparison/runComparison';
import { writeJson } from '../../../src/node/files/jsonFile';
import type { ExpansionManifest } from '../../../src/shared/run/manifest';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { compareSettings } from '../../../src/extension/comparison/tickedSettings';
import { expectInputRejection } from '../../support/expectInputError';
import { scoresEvent } from '../../support/runEvents';
import { FakeRun } from '../../support/fakeRun';
import { temporaryFolder } from '../../support/temporaryFolder';

function manifest(sources: readonly number[]): ExpansionManifest {
  return {
    format: 'adept.manifest/1',
    createdAt: '',
    base: { path: '/m', family: 'llama', layers: 8, files: {} },
    layers: 8 + sources.length,
    added: sources.map((source) => ({ layer: source + 1, source, sourceLayer: source, sourceHash: '' })),
    zeroed: [],
    equivalence: null,
  };
}

async function compare(t: TestContext): Promise<RunComparison> {
  const folder = temporaryFolder(t);
  const one = new FakeRun(join(folder, 'one')).wholeJob(100, { seed: 1 });
  one.trainer({ state: 'ended' }).evaluation(0, 3, 2).step(50, 2.5).evaluation(50, 2.25, 2.125);
  one.checkpoint(50, 2.25, 2.125).evaluation(60, 2.5, 2.25).status('stopped');
  writeJson(one.folder.file('manifest'), manifest([1, 4]));
  const two = new FakeRun(join(folder, 'two')).wholeJob(200, { learningRate: 0.5, seed: 1 });
  writeJson(two.folder.file('manifest'), manifest([2]));
  return comparisonOf(one, two);
}

async function comparisonOf(...runs: readonly FakeRun[]): Promise<RunComparison> {
  const compared = new ComparedRuns();
  return compareRuns(await Promise.all(runs.map(({ path }) => compared.read(path))), ENGLISH);
}

describe('a comparison of runs', () => {
  it('has the settings that differ, and none of the others', async (t) => {
    const { names, differences } = await compare(t);
    assert.deepEqual(names, ['one', 'two']);
    assert.deepEqual(differences, [
      { name: 'tune.steps', values: ['100', '200'] },
      { name: 'tune.learningRate', values: ['0.001', '0.5'] },
      { name: 'expanded layers', values: ['1, 4', '2'] },
    ]);
  });

  it('has what each came to, best and last', async (t) => {
    const results = Object.fromEntries((await compare(t)).results.map(({ name, values }) => [name, values]));
    assert.deepEqual(results, {
      state: ['stopped', 'not started'],
      step: ['50/100', '0/200'],
      'domain loss, before': ['3.0000', '–'],
      'domain loss, last': ['2.5000', '–'],
      'domain loss, best': ['2.2500 at step 50', '–'],
      'general loss, before': ['2.0000', '–'],
      'general loss, last': ['2.2500', '–'],
      'general loss, at the best domain loss': ['2.1250', '–'],
      checkpoints: ['1', '0'],
    });
  });

  it('has the rate in force after each change, why a run stopped, and scores', async (t) => {
    const folder = temporaryFolder(t);
    const one = new FakeRun(join(folder, 'one')).wholeJob(100).trainer({ state: 'ended' });
    one.event({ type: 'status', status: 'started', step: 0 }).evaluation(0, 3, 2);
    one
      .event(scoresEvent(0, 'mmlu', 31))
      .event(scoresEvent(0, 'gsm8k', 2, 5))
      .step(10, 2);
    one.event({
      ...{ type: 'log', level: 'info', message: 'changed' },
      about: { kind: 'baseRate', step: 10, from: 1e-3, to: 1e-4 },
    });
    one
      .step(20, 2)
      .event(scoresEvent(20, 'mmlu', 36))
      .event(scoresEvent(20, 'gsm8k', 50, 55));
    one.event({ type: 'status', status: 'stopped', step: 20, message: 'general loss rose' });
    const two = new FakeRun(join(folder, 'two')).wholeJob(100).trainer({ state: 'ended' });
    const { results, differences } = await comparisonOf(one, two);
    assert.deepEqual(differences, [
      { name: 'tune.learningRate', values: ['0.001, 0.0001 after step 10', '0.001'] },
    ]);
    const found = new Map(results.map(({ name, values }) => [name, values]));
    assert.deepEqual(found.get('stopped because'), ['general loss rose', '–']);
    assert.deepEqual(found.get('mmlu, accuracy'), ['36.0 % (from 31.0 %, may be chance)', '–']);
    assert.deepEqual(found.get('gsm8k, strict'), ['50.0 % (from 2.0 %)', '–']);
    const ticked = compareSettings(
      [one.path, two.path],
      () => ({ rateChanges: [{ step: 5, to: 7e-4 }] }),
      ENGLISH,
    );
    assert.deepEqual(ticked.differences, [], 'both were changed alike');
  });

  it('compares a job with a run of `adept tune`, setting by setting', async (t) => {
    const folder = temporaryFolder(t);
    const job = new FakeRun(join(folder, 'job')).wholeJob(100);
    const tuned = new FakeRun(join(folder, 'tuned')).tuned(100);
    const { differences } = await comparisonOf(job, tuned);
    const found = new Map(differences.map(({ name, values }) => [name, values]));
    assert.deepEqual(found.get('model'), ['base', 'expanded']);
    assert.deepEqual(found.get('expand.lowest'), ['2', '–']);
    assert.equal(found.has('tune.steps'), false);
    assert.equal(found.has('probe'), false);
  });

  it('is shown as tables in which no name can do harm', () => {
    const text = comparisonMarkdown(
      {
        names: ['a|b', '<img src=x>'],
        results: [{ name: 'loss', values: ['1', '2'] }],
        differences: [{ name: 'tune.x_y', values: ['[1](command:x)', '`2`\n| 3'] }],
      },
      ENGLISH,
    );
    assert.ok(text.includes('| result | a\\|b | \\<img src=x\\> |\n| --- | ---: | ---: |\n| loss | 1 | 2 |'));
    assert.ok(text.includes('| tune.x\\_y | \\[1\\](command:x) | \\`2\\` \\| 3 |'));
  });

  it('says that nothing differs', () => {
    const text = comparisonMarkdown({ names: ['a', 'b'], results: [], differences: [] }, ENGLISH);
    assert.ok(text.includes('Their settings are the same.'));
  });

  it('names the file of a damaged run', async (t) => {
    const run = new FakeRun(join(temporaryFolder(t), 'one')).tuned().line('rubbish\n');
    await expectInputRejection(new ComparedRuns().read(run.path), 'events.ndjson');
  });
});
