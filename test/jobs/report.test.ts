import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { mkdtempSync } from 'node:fs';
import { adeptResult, runAdeptAgain } from '../support/command';
import { FakeRun } from '../support/fakeRun';
import { nativeMissing } from '../support/nativeMissing';
import { projectRoot } from '../support/projectRoot';
import { assertMetricsCsv, assertRecordsAsMade } from '../support/records';
import { assertRefused } from '../support/refusal';
import { assertTensorboard, TENSORBOARD_MISSING } from '../support/tensorboard';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

describe('what other tools and people read of a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-report-'));
  const run = join(folder, 'a run');
  const engine = nativeMissing() === undefined ? 'native' : 'wasm';

  before(async () => {
    const config = join(folder, 'job.adept.json');
    const job = {
      ...{
        model: sample('model'),
        probe: [sample('general.txt')],
        domain: [sample('domain.jsonl')],
        out: run,
      },
      analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 },
      ...{ expand: { layers: [6] }, engine },
      tune: {
        ...{ steps: 4, learningRate: 0.001, batchSize: 2, seqLen: 32, evalEvery: 2 },
        ...{ maxProbeSequences: 2, maxEvalSequences: 2 },
      },
    };
    writeFileSync(config, JSON.stringify(job));
    await adeptResult(['run', '--config', config]);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is there when a run is done, and each step once', () => {
    assertMetricsCsv(run);
    assertRecordsAsMade(run);
  });

  it('is read by TensorBoard, every scalar equal', { skip: TENSORBOARD_MISSING }, () => {
    assertTensorboard(run);
  });

  it('is made anew of the log alone, byte for byte', async () => {
    const [name = ''] = readdirSync(run).filter((file) => file.includes('tfevents'));
    const kept = [name, 'metrics.csv'].map((file) => readFileSync(join(run, file)));
    rmSync(join(run, name));
    rmSync(join(run, 'metrics.csv'));
    const made = await adeptResult(['report', run, '--tensorboard']);
    assert.deepEqual(made, {
      run,
      page: null,
      tensorboard: join(run, name),
      metrics: join(run, 'metrics.csv'),
    });
    assert.deepEqual(
      [name, 'metrics.csv'].map((file) => readFileSync(join(run, file))),
      kept,
    );
  });

  it('is a page with everything of a job, which names nothing of the machine', async () => {
    const { page } = await adeptResult(['report', run]);
    assert.equal(page, join(run, 'report.html'));
    const text = readFileSync(join(run, 'report.html'), 'utf8');
    for (const part of [
      ...['<h1>a run</h1>', 'sample-model', 'Trained parameters', 'domain.jsonl', 'general.txt'],
      ...['>Exported models<', '>Importance of layers and units<', 'Learning rates of the units'],
      engine === 'native' ? 'libtensorflow' : 'WebAssembly',
    ]) {
      assert.ok(text.includes(part), part);
    }
    for (const path of [homedir(), tmpdir(), projectRoot, process.cwd()]) {
      assert.ok(!text.includes(path), path);
    }
    assert.doesNotMatch(text, /What could not be read/);
  });

  it('is refused in a sentence where there is nothing of it, or nowhere to put it', async () => {
    const empty = new FakeRun(join(folder, 'empty')).tuned();
    const refused = async (...args: readonly string[]): Promise<Parameters<typeof assertRefused>[0]> =>
      runAdeptAgain(['report', ...args, '--json']);
    assertRefused(await refused(empty.path, '--tensorboard'), ['--tensorboard', 'holds no step']);
    empty.trainer();
    assertRefused(await refused(empty.path, '--tensorboard'), ['a trainer works on', 'stop the run']);
    assertRefused(await refused(run, '--out', folder), ['--out', 'this is a folder']);
    assertRefused(await refused(join(folder, 'none')), ['does not exist']);
    assert.ok(!existsSync(join(empty.path, 'metrics.csv')));
  });
});
