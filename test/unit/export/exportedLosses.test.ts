import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { processToken } from '../../../src/node/process/processAlive';
import { exportedLosses, type Measuring } from '../../../src/trainer/jobs/model/exportedLosses';
import { Cancelled, SILENT_TASK } from '../../../src/trainer/task';
import { FakeRun } from '../../support/fakeRun';
import { temporaryFolder } from '../../support/temporaryFolder';

const MODEL = { step: 5, alpha: 1, drop: [], added: [1] };
const BEFORE = { domainLoss: 2, generalLoss: 3 };
const TUNED = { domainLoss: 1, generalLoss: 3.5 };

/** A run that measured its checkpoint. */
function measuredRun(t: TestContext): FakeRun {
  return new FakeRun(temporaryFolder(t)).tuned().evaluation(0, 2, 3).checkpoint(5, 1, 3.5);
}

describe('the losses of an export', () => {
  const asked = ({ folder: run }: FakeRun, rounded: boolean, measuring?: Measuring) =>
    exportedLosses({ run, model: MODEL, folder: '/none', rounded, measuring }, SILENT_TASK);
  const never: Measuring = {
    use: () => Promise.reject(new Error('Nothing is to be measured.')),
    required: true,
  };

  it('are those of the run where nothing was rounded, and nothing is opened for them', async (t) => {
    assert.deepEqual(await asked(measuredRun(t), false, never), {
      before: BEFORE,
      tuned: TUNED,
      after: TUNED,
    });
  });

  it('are left out while another process works on the run, unless nothing goes without them', async (t) => {
    const run = measuredRun(t);
    const token = processToken(process.ppid);
    run.trainer({ pid: process.ppid, ...(token === undefined ? {} : { processToken: token }) });
    const found = await asked(run, true, { ...never, required: false });
    assert.ok('notMeasured' in found);
    assert.match(found.notMeasured, new RegExp(`process ${process.ppid} works on this run`));
    await assert.rejects(asked(run, true, never), /works on this run/);
  });

  it('are left out with the reason, but an export that is cancelled is none', async (t) => {
    const corpora = { domainEval: [], generalEval: [] };
    const failing = (error: Error): Measuring => ({
      use: () => Promise.reject(error),
      corpora,
      required: false,
    });
    const run = measuredRun(t);
    assert.deepEqual(await asked(run, true, failing(new Error('no engine'))), {
      before: BEFORE,
      notMeasured: 'no engine',
    });
    await assert.rejects(asked(run, true, failing(new Cancelled())), Cancelled);
  });
});
