import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { JobReport } from '../../src/shared/run/job';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

describe('npm run quickstart, where nothing native is or can be installed', () => {
  it('does the whole job on the sample, says what it did and where the results lie', (t) => {
    const script = join(projectRoot, 'scripts/quickstart.mjs');
    const env = { ...process.env, ADEPT_HOME: temporaryFolder(t) };
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', env });
    assert.equal(status, 0, stderr);
    const folder = /^run: (.+)$/m.exec(stdout)?.[1] ?? '';
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const report = v.parse(JobReport, JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
    assert.equal(report.layers.after, report.layers.before + 2);
    assert.ok((report.after.domainLoss ?? NaN) < 0.8 * (report.before.domainLoss ?? NaN), stdout);
    assert.match(stdout, /layer +0 .*█/);
    assert.match(stdout, /general loss +\d\.\d+ → \d\.\d+/);
    assert.match(stdout, /export .*Hugging Face folder/);
    assert.match(stdout, /native engine is not installed/);
  });
});
