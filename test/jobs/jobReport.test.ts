import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { readEvents } from '../../src/node/run/eventWriter';
import { readJson } from '../../src/node/files/jsonFile';
import { RunFolder } from '../../src/node/run/runFolder';
import { JobReport } from '../../src/shared/run/job';
import { adeptResult } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

describe('the report of a job', () => {
  it('is of the model that was exported, of which nothing is new where nothing of the tuning is kept', async (t) => {
    const folder = temporaryFolder(t);
    const [config, out] = [join(folder, 'job.adept.json'), join(folder, 'run')];
    const job = {
      ...{ model: sample('model'), probe: [sample('general.txt')], domain: [sample('domain.jsonl')], out },
      eval: { domain: [sample('domain-eval.jsonl')], general: [sample('general-eval.txt')] },
      analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 },
      expand: { layers: [6] },
      tune: {
        ...{
          steps: 3,
          learningRate: 0.02,
          batchSize: 2,
          seqLen: 32,
          maxProbeSequences: 2,
          maxEvalSequences: 4,
        },
        sampling: 'spread',
      },
      export: { alpha: 0 },
      engine: 'wasm',
    };
    writeFileSync(config, JSON.stringify(job));
    await adeptResult(['run', '--config', config]);
    const report = v.parse(JobReport, readJson(join(out, 'report.json')));
    const losses = readEvents(RunFolder.open(out).file('events')).flatMap((event) =>
      event.type === 'eval' ? [event.domainLoss ?? NaN] : [],
    );
    // The tuned model itself is another one.
    assert.ok(Math.abs((losses.at(-1) ?? NaN) - (losses[0] ?? NaN)) > 0.1, losses.join(', '));
    for (const loss of ['domainLoss', 'generalLoss'] as const) {
      const change = (report.after[loss] ?? NaN) - (report.before[loss] ?? NaN);
      assert.ok(Math.abs(change) < 1e-6, `${loss} changed by ${change}`);
    }
    assert.equal(report.tokenShift?.domain.changed, 0);
    assert.equal(report.tokenShift.general.changed, 0);
  });
});
