import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { isProcessAlive } from '../../../src/node/process/processAlive';
import { RunFolder } from '../../../src/node/run/runFolder';
import { statusOf } from '../../../src/node/run/runStatus';
import { FakeRun } from '../../support/fakeRun';
import { HANG_MILLISECONDS } from '../../support/hang';
import type { Editor } from '../support/editor';

/** More than a test waits for. */
const STEPS = 100_000;

/** The sample with so many steps that it is still running after a reload, each of them quick. */
function writeLongConfig(workspace: string): string {
  const config = {
    model: 'model',
    out: '.adept/runs/long',
    probe: ['general.txt'],
    domain: ['domain.jsonl'],
    eval: { domain: ['domain-eval.jsonl'], general: ['general-eval.txt'] },
    engine: 'wasm',
    analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 },
    expand: { lowest: 1 },
    tune: {
      steps: STEPS,
      learningRate: 0.001,
      batchSize: 1,
      seqLen: 32,
      updateEvery: 1000,
      saveEvery: 20,
      maxProbeSequences: 4,
      maxEvalSequences: 2,
    },
  };
  writeFileSync(join(workspace, 'long.adept.json'), `${JSON.stringify(config, null, 2)}\n`);
  return join(workspace, '.adept', 'runs', 'long');
}

/** In a window of a trusted workspace that holds the sample. */
export function aRun(windowOf: () => Editor): void {
  describe('a run in a window', () => {
    let run = '';

    before(() => {
      run = writeLongConfig(windowOf().workspace);
    });

    it('is started by the link above its configuration, and shown where one looks', async () => {
      const editor = windowOf();
      await editor.runCommand('View: Show ADEPT');
      await editor.openText('long.adept.json');
      const { page } = editor;
      await editor.evidently('the link', () =>
        page.locator('.codelens-decoration a', { hasText: 'Run' }).click(),
      );
      await editor.evidently('the run', () =>
        page.locator('.statusbar-item', { hasText: /ADEPT\s+\d+\/100000/ }).waitFor(),
      );
      await editor.openText('long.adept.json');
      await editor.evidently('the run among the runs', () =>
        page.getByRole('treeitem', { name: /^Run long, running, step \d+ of 100000, domain loss/ }).waitFor(),
      );
      await editor.evidently('the links of a running run', () =>
        page.locator('.codelens-decoration a', { hasText: 'Pause' }).waitFor(),
      );
      await editor.picture('life-running');
    });

    it('goes on when the window is reloaded, and is there again', async () => {
      const editor = windowOf();
      const { page } = editor;
      const before = statusOf(RunFolder.at(run));
      assert.equal(before.state, 'running');
      await editor.reload();
      await editor.evidently('the run in the status bar', () =>
        page.locator('.statusbar-item', { hasText: /ADEPT\s+\d+\/100000/ }).waitFor(),
      );
      const now = statusOf(RunFolder.at(run));
      assert.equal(now.pid, before.pid);
      assert.ok(now.step > before.step);
      await editor.picture('life-reloaded');
    });

    it('is stopped from the palette, and says so in its document', async () => {
      const editor = windowOf();
      const { page } = editor;
      const { pid } = statusOf(RunFolder.at(run));
      await editor.runCommand('ADEPT: Stop');
      await editor.evidently('the run to be stopped', () =>
        page.getByRole('treeitem', { name: /^Run long, stopped, step \d+ of 100000/ }).waitFor(),
      );
      await editor.openText('long.adept.json');
      await editor.evidently('the links', () =>
        page.locator('.codelens-decoration a', { hasText: 'Resume' }).waitFor(),
      );
      await editor.picture('life-stopped');
      assert.ok(existsSync(join(run, 'checkpoints')));
      const deadline = Date.now() + HANG_MILLISECONDS;
      while (pid !== null && isProcessAlive(pid, undefined) && Date.now() < deadline) {
        await page.waitForTimeout(200);
      }
      assert.ok(pid !== null && !isProcessAlive(pid, undefined));
    });

    it('says in its panel what it is at before its first step, and then how long all of it takes', async () => {
      const editor = windowOf();
      const path = join(editor.workspace, '.adept', 'runs', 'preparing');
      const fake = new FakeRun(path).wholeJob(100, { evalEvery: 10 }).trainer().status('analyzing');
      const message = 'layer importance, batch 1 of 4';
      fake.event({ type: 'progress', stage: 'analyzing', fraction: 0.25, message });
      await editor.evidently('the run among the runs', () =>
        editor.page.getByRole('treeitem', { name: /^Run preparing, running/ }).click(),
      );
      const frame = await editor.webview('run', 'preparing');
      const progress = frame.locator('.progress-text');
      await editor.evidently('stage and batch', () =>
        progress.getByText(`analyzing the model: ${message} (25%)`, { exact: true }).waitFor(),
      );
      fake.status('tuning').evaluation(0, 3, 2);
      for (let step = 1; step <= 10; step += 1) {
        fake.step(step, 2);
      }
      fake.after(60).event({ type: 'eval', step: 10, domainLoss: 2.5, generalLoss: 2, seconds: 61 });
      // 90 steps of a second, and nine evaluations.
      await editor.evidently('the time with that of the evaluations', () =>
        progress.getByText(/^step 10 of 100 · 11 min left/).waitFor(),
      );
      await editor.picture('life-preparing');
      rmSync(path, { recursive: true });
    });
  });
}
