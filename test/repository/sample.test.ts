import { analyzeSettings } from '../support/settings';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readRunConfig } from '../../src/node/job/runConfigFile';
import { asKeysOf } from '../../src/shared/settings/naming';
import { analyze } from '../../src/trainer/jobs/measure/analyze';
import { checkJob } from '../../src/trainer/jobs/whole/jobInput';
import { openExecutor } from '../../src/trainer/openExecutor';
import { SILENT_TASK } from '../../src/trainer/task';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const SAMPLE = join(projectRoot, 'media/sample');
const LARGEST_MODEL_BYTES = 2_000_000;

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the sample', () => {
  it('has the text and the tokenizer that its script makes, byte for byte', (t) => {
    const folder = temporaryFolder(t);
    const script = join(projectRoot, 'scripts/sample.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--text', folder], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const made = files(folder);
    assert.equal(made.length, 6);
    for (const file of made) {
      const name = file.slice(folder.length + 1);
      assert.ok(readFileSync(file).equals(readFileSync(join(SAMPLE, name))), `${name} differs`);
    }
  });

  it('has a model of 2 MB at most', () => {
    const bytes = files(join(SAMPLE, 'model')).reduce((sum, file) => sum + statSync(file).size, 0);
    assert.ok(bytes <= LARGEST_MODEL_BYTES, `${bytes} bytes`);
  });

  it('has a configuration that passes every check of a job', async () => {
    const file = join(SAMPLE, 'sample.adept.json');
    await checkJob(readRunConfig(file), asKeysOf(file), SILENT_TASK);
  });
});

describe('importance of the sample', () => {
  it('differs clearly: two different texts agree on the most important layers and on those to expand', async () => {
    const executor = await openExecutor({ engine: 'auto' });
    const order = async (corpus: string): Promise<number[]> => {
      const settings = analyzeSettings({ seqLen: 128, maxSequences: 32, batchSize: 8 });
      const request = {
        model: join(SAMPLE, 'model'),
        probe: [join(SAMPLE, corpus)],
        settings,
        scratch: tmpdir(),
      };
      const { layers } = await analyze(executor, request, SILENT_TASK);
      const sorted = [...layers].sort((a, b) => a.importance - b.importance);
      const [lowest, ...others] = sorted.map(({ importance }) => importance);
      assert.ok((others.at(-1) ?? NaN) > 20 * (lowest ?? NaN), 'the extremes lie far apart');
      return sorted.map(({ index }) => index);
    };
    const [first, second] = [await order('general.txt'), await order('general-eval.txt')];
    assert.deepEqual(first.slice(0, 2).sort(), second.slice(0, 2).sort());
    assert.deepEqual(first.slice(-3), second.slice(-3));
    await executor.close();
  });
});
