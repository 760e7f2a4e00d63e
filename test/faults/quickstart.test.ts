import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { JobReport } from '../../src/shared/run/job';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

/** The sample's job, in a folder of its own, with fewer steps on fewer and shorter sequences: its own configuration is checked as it is elsewhere. */
function shorterJob(folder: string): string {
  cpSync(join(projectRoot, 'media/sample'), folder, { recursive: true });
  const file = join(folder, 'sample.adept.json');
  const shorter = {
    '"seqLen": 128': '"seqLen": 64',
    '"maxSequences": 32': '"maxSequences": 8',
    '"maxProbeSequences": 16': '"maxProbeSequences": 4, "maxEvalSequences": 16',
    '"batchSize": 8': '"batchSize": 4',
    '"steps": 80': '"steps": 40',
    '"saveEvery": 20': '"saveEvery": 40',
  };
  const text = Object.entries(shorter).reduce(
    (before, [long, short]) => {
      assert.ok(before.includes(long), `${file} has no ${long}`);
      return before.replaceAll(long, short);
    },
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, text);
  return file;
}

describe('npm run quickstart, where nothing native is or can be installed', () => {
  it('does the whole job on the sample, says what it did and where the results lie', (t) => {
    const script = join(projectRoot, 'scripts/quickstart.mjs');
    const env = { ...process.env, ADEPT_HOME: temporaryFolder(t) };
    const config = shorterJob(join(temporaryFolder(t), 'sample'));
    const args = [script, '--config', config];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    assert.equal(status, 0, stderr);
    const folder = /^run: (.+)$/m.exec(stdout)?.[1] ?? '';
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const report = v.parse(JobReport, JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
    assert.equal(report.layers.after, report.layers.before + 2);
    assert.ok((report.after.domainLoss ?? NaN) < 0.9 * (report.before.domainLoss ?? NaN), stdout);
    assert.match(stdout, /layer +0 .*█/);
    assert.match(stdout, /general loss +\d\.\d+ → \d\.\d+/);
    assert.match(stdout, /export .*Hugging Face folder/);
    assert.match(stdout, /native engine is not installed/);
  });
});
