import assert from 'node:assert/strict';
import { ENGLISH } from '../../src/shared/common/localizer';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readHeatmapFile } from '../../src/node/model/analysisFile';
import { RunFolder } from '../../src/node/run/runFolder';
import { launchText } from '../../src/shared/launch/launchConfig';
import { freshForm, readForm } from '../../src/shared/launch/launchForm';
import { adeptResult } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const SAMPLE = join(projectRoot, 'media/sample');

/** A copy of a text's beginning in a folder: a run evaluates all of a text. */
function firstLines(name: string, folder: string): string {
  const file = join(folder, name);
  writeFileSync(file, readFileSync(join(SAMPLE, name), 'utf8').split('\n').slice(0, 12).join('\n'));
  return file;
}

describe('what the launch form writes', () => {
  it('is run by `adept run`, from the analysis that the layers were chosen by', async (t) => {
    const folder = temporaryFolder(t);
    const [model, file] = [join(SAMPLE, 'model'), join(folder, 'importance.json')];
    await adeptResult([
      ...['analyze', '--model', model, '--probe', join(SAMPLE, 'general.txt'), '--out', file],
      ...['--seq-len', 32, '--max-sequences', 4, '--engine', 'wasm'],
    ]);
    const { importance } = readHeatmapFile(file);
    const form = freshForm('night-1', importance.probe.sources);
    const reading = readForm(
      {
        ...form,
        files: {
          ...form.files,
          domain: join(SAMPLE, 'domain.jsonl'),
          evalDomain: firstLines('domain-eval.jsonl', folder),
          evalGeneral: firstLines('general-eval.txt', folder),
        },
        settings: { ...form.settings, steps: '2', learningRate: '1e-3', seqLen: '32', batchSize: '2' },
      },
      ENGLISH,
    );
    assert.deepEqual([...reading.problems], []);
    const text = launchText({
      reading,
      model: importance.model.path,
      importance: file,
      probe: importance.probe,
      layers: [4, 6],
      compute: { engine: 'wasm' },
      folders: { folder, runs: '.adept/runs' },
    });
    const config = join(folder, 'night-1.adept.json');
    writeFileSync(config, text);

    const result = await adeptResult(['run', '--config', config]);

    const run = RunFolder.open(join(folder, '.adept/runs/night-1'));
    assert.equal(result.run, run.path);
    assert.equal(result.status, 'done');
    assert.deepEqual((result.layers as { expanded: unknown }).expanded, [4, 6]);
    const { tune } = run.readSpec();
    assert.deepEqual([tune.steps, tune.learningRate, tune.maxProbeSequences], [2, 1e-3, 4]);
  });
});
