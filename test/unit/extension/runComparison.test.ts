import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readComparedRun } from '../../../src/extension/comparison/comparedRun';
import {
  compareRuns,
  comparisonMarkdown,
  type RunComparison,
} from '../../../src/extension/comparison/runComparison';
import { writeJson } from '../../../src/node/files/jsonFile';
import type { ExpansionManifest } from '../../../src/shared/run/manifest';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { expectInputError } from '../../support/expectInputError';
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

function compare(t: TestContext): RunComparison {
  const folder = temporaryFolder(t);
  const one = new FakeRun(join(folder, 'one')).wholeJob(100, { seed: 1 });
  one.trainer({ state: 'ended' }).evaluation(0, 3, 2).step(50, 2.5).evaluation(50, 2.25, 2.125);
  one.checkpoint(50, 2.25, 2.125).evaluation(60, 2.5, 2.25).status('stopped');
  writeJson(one.folder.file('manifest'), manifest([1, 4]));
  const two = new FakeRun(join(folder, 'two')).wholeJob(200, { learningRate: 0.5, seed: 1 });
  writeJson(two.folder.file('manifest'), manifest([2]));
  return compareRuns([readComparedRun(one.path), readComparedRun(two.path)], ENGLISH);
}

describe('a comparison of runs', () => {
  it('has the settings that differ, and none of the others', (t) => {
    const { names, differences } = compare(t);
    assert.deepEqual(names, ['one', 'two']);
    assert.deepEqual(differences, [
      { name: 'tune.steps', values: ['100', '200'] },
      { name: 'tune.learningRate', values: ['0.001', '0.5'] },
      { name: 'expanded layers', values: ['1, 4', '2'] },
    ]);
  });

  it('has what each came to, best and last', (t) => {
    const results = Object.fromEntries(compare(t).results.map(({ name, values }) => [name, values]));
    assert.deepEqual(results, {
      state: ['stopped', 'not started'],
      step: ['50/100', '0/200'],
      'training loss, last': ['2.5000', '–'],
      'domain loss, before': ['3.0000', '–'],
      'domain loss, last': ['2.5000', '–'],
      'domain loss, best': ['2.2500 at step 50', '–'],
      'general loss, before': ['2.0000', '–'],
      'general loss, last': ['2.2500', '–'],
      'general loss, at the best domain loss': ['2.1250', '–'],
      checkpoints: ['1', '0'],
    });
  });

  it('compares a job with a run of `adept tune`, setting by setting', (t) => {
    const folder = temporaryFolder(t);
    const job = new FakeRun(join(folder, 'job')).wholeJob(100);
    const tuned = new FakeRun(join(folder, 'tuned')).tuned(100);
    const { differences } = compareRuns([readComparedRun(job.path), readComparedRun(tuned.path)], ENGLISH);
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

  it('names the file of a damaged run', (t) => {
    const run = new FakeRun(join(temporaryFolder(t), 'one')).tuned().line('rubbish\n');
    expectInputError(() => readComparedRun(run.path), 'events.ndjson');
  });
});
