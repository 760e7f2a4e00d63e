import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { RunView } from '../../src/shared/webview/run';
import * as v from 'valibot';
import { recordedLine, recordedLines } from '../support/recordedRun';
import { numbersOf, withRun } from './support/runPage';
import { launchChromium, noChromium } from './support/webviewPage';

/** The number of a process that there is none of. */
const NO_PROCESS = 4_194_303;

function textOf(page: Page, selector: string): Promise<string> {
  return page.locator(selector).innerText();
}

describe('the page of a run', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('shows a run that is done: numbers, curves, what can be asked', async () => {
    await withRun(browser, async ({ page }) => {
      assert.equal(await textOf(page, 'h1'), 'clinical-notes');
      assert.match(await textOf(page, '.state'), /Done/);
      assert.match(await textOf(page, '.title p'), /sample\/model · wasm engine on CPU.*ssh-remote/);
      assert.equal(await textOf(page, '.progress-text'), 'step 200 of 200');
      const progress = page.getByRole('progressbar', { name: 'Progress' });
      assert.equal(await progress.getAttribute('aria-valuenow'), '100');
      assert.deepEqual(await numbersOf(page, 'domain'), ['0.9626', '2.4296', '−1.4670', '0.9626', '200']);
      assert.deepEqual(await numbersOf(page, 'general'), ['1.0548', '0.6216', '+0.4332', '0.6216', '0']);
      // No lucky batch, but means.
      assert.deepEqual(await numbersOf(page, 'training'), [
        '0.9520',
        '2.2817',
        '−1.3297',
        'means of 20 steps',
      ]);
      assert.equal(await page.locator('.plot canvas').count(), 5);
      // What cannot be asked of it any more has no place.
      assert.equal(await page.locator('[data-command=pause]').count(), 0);
      assert.equal(await page.getAttribute('[data-command=export]', 'aria-disabled'), null);
      assert.match(await textOf(page, '.checkpoint-key'), /5 checkpoints, the last at step 200/);
    });
  });

  it('follows a run from its first stage to its end, over a crash, without being told anything twice', async () => {
    const done = recordedLine('"type":"done"');
    await withRun(
      browser,
      async ({ page, run, window }) => {
        const bar = (): Promise<string | null> =>
          page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuenow');
        assert.match(
          await textOf(page, '.progress-text'),
          /^analyzing the model: .*layer 6 of 8 \(62%\) · \d+ s left$/,
        );
        assert.equal(await bar(), '63');
        assert.match(await textOf(page, '#tab-panel'), /begin with the evaluation before the first step/);
        run.advance(recordedLine('"step":45,'));
        await page.waitForSelector('.progress-text:has-text("step 44 of 200")');
        assert.deepEqual((await numbersOf(page, 'domain')).slice(0, 1), ['1.7423']);
        run.progress('evaluating', 0.9, 'batch 9 of 10');
        await page.waitForSelector('.progress-text:has-text("batch 9 of 10 (90%)")');
        assert.match(await textOf(page, '.progress-text'), /^step 44 of 200 · .* left · evaluating: batch/);
        assert.equal(await bar(), '22');
        run.advance(recordedLine('"status":"resumed"'));
        await page.waitForSelector('.progress-text:has-text("step 93 of 200")');
        window.exit = { code: null, signal: 'SIGKILL' };
        run.trainer({ pid: NO_PROCESS });
        await page.waitForSelector('.state-died');
        run.trainer();
        run.advance(recordedLine('"step":90,') + 1);
        await page.waitForSelector('.state-running');
        run.advance(done);
        await page.waitForSelector('.progress-text:has-text("step 200 of 200")');
        run.finish();
        await page.waitForSelector('.state-done');
        await page.click('vscode-button:has-text("Show as table")');
        const steps = await page.locator('.tables table >> nth=0 >> tbody th').allInnerTexts();
        assert.deepEqual(steps, ['0', '20', '40', '60', '80', '100', '120', '140', '160', '180', '200']);
      },
      {
        before: (run) => {
          run.trainer();
          run.advance(6);
        },
      },
    );
  });

  it('says why a trainer is gone, with its last lines, and resumes', async () => {
    await withRun(
      browser,
      async ({ page, window, commands }) => {
        await page.waitForSelector('.state-died');
        assert.match(await textOf(page, '.notice-error'), /process ended before the run was done/);
        window.exit = { code: null, signal: 'SIGKILL' };
        window.output = ['reading the corpus', 'out of memory'];
        await page.waitForSelector('.notice-error:has-text("SIGKILL")');
        assert.equal(await textOf(page, '.notice-error pre'), 'reading the corpus\nout of memory');
        await page.click('.notice-error vscode-button');
        assert.deepEqual(await commands(), ['resume']);
        window.exit = { code: 137, signal: null };
        await page.waitForSelector('.notice-error:has-text("exit code 137")');
        window.isStarting = true;
        await page.waitForSelector('.state-starting');
        assert.equal(await page.locator('.notice-error').count(), 0);
      },
      {
        before: (run) => {
          run.trainer({ pid: NO_PROCESS });
          run.advance(recordedLine('"status":"resumed"'));
        },
      },
    );
  });

  it('says for how long a trainer that lives has sent no heartbeat', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        await page.waitForSelector('.state-running');
        assert.match(await textOf(page, '.notice-warning'), /no heartbeat for 10 min: .*, or hangs/);
        run.trainer();
        await page.locator('.notice-warning').waitFor({ state: 'detached' });
      },
      {
        before: (run) => {
          run.trainer({ heartbeat: new Date(Date.now() - 630_000).toISOString() });
          run.advance(recordedLine('"status":"resumed"'));
        },
      },
    );
  });

  it('asks for what is clicked, and for nothing that cannot be done now', async () => {
    await withRun(
      browser,
      async ({ page, commands, window }) => {
        for (const command of [
          'pause',
          'checkpoint',
          'setLearningRate',
          'export',
          'openFolder',
          'openConfig',
        ]) {
          await page.click(`[data-command=${command}]`);
        }
        window.pending = 'stop';
        await page.waitForSelector('[data-command=stop][aria-disabled=true]');
        await page.locator('[data-command=stop]').click({ force: true });
        window.isTrusted = false;
        await page.waitForSelector('[data-command=pause][aria-disabled=true]');
        await page.locator('[data-command=pause]').click({ force: true });
        assert.deepEqual(await commands(), [
          'pause',
          'checkpoint',
          'setLearningRate',
          'export',
          'openFolder',
          'openConfig',
        ]);
      },
      {
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"step":50,'));
        },
      },
    );
  });

  it('shows what cannot be read, where, and everything else', async () => {
    await withRun(
      browser,
      async ({ page, webview, run }) => {
        const items = await page.locator('.notice-warning li').allInnerTexts();
        assert.equal(items.length, 2);
        assert.match(items[0] ?? '', /clinical-notes\/run.json.*"adept.run\/2".*update ADEPT/);
        assert.match(items[1] ?? '', /clinical-notes\/events.ndjson, line 61.*not JSON/);
        await page.click('.notice-warning li >> nth=1 >> button');
        const asked = await webview.waitForMessage('openProblem');
        assert.deepEqual([asked.file, asked.line], [run.events, 61]);
        assert.deepEqual((await numbersOf(page, 'domain')).slice(0, 1), ['0.9626']);
        assert.equal(await page.locator('.plot canvas').count(), 5);
      },
      {
        before: (run) => {
          run.advance(60);
          appendFileSync(run.events, '{"seq":60,"time":"202\n');
          run.finish();
          writeFileSync(
            join(run.folder, 'run.json'),
            JSON.stringify({ format: 'adept.run/2', model: '/m/x', tune: { steps: 200 } }),
          );
        },
      },
    );
  });

  it('keeps how it is looked at, and comes back the same', async () => {
    const kept: unknown[] = [];
    await withRun(browser, async ({ page, webview }) => {
      await page.click('vscode-button:has-text("Change since start")');
      await page.click('#tab-units');
      await page.click('.choice vscode-button:has-text("Learning rate")');
      await page.locator('input[type=range]').fill('3');
      await page.click('#tab-log');
      await page.fill('input[type=search]', 'checkpoint');
      await page.selectOption('select', 'warn');
      await page.click('#tab-units');
      kept.push(await webview.state());
    });
    const { view } = v.parse(v.object({ view: RunView }), kept[0]);
    assert.deepEqual(view, {
      tab: 'units',
      logScale: false,
      smoothing: 0.9,
      zoom: null,
      machineZoom: null,
      hiddenMarks: [],
      sinceStart: true,
      table: false,
      unitValue: 'learningRate',
      unitScale: 'rank',
      scrubber: 60,
      alpha: 1,
      drop: [],
      ...{ answersStep: null, answersPrompt: null, answersFilter: '' },
      filter: 'checkpoint',
      level: 'warn',
    });
    await withRun(
      browser,
      async ({ page }) => {
        await page.waitForSelector('#tab-units[aria-selected=true]');
        assert.equal(await page.inputValue('input[type=range]'), '3');
        assert.match(await textOf(page, '.units caption'), /step 60/);
        await page.click('#tab-log');
        assert.equal(await page.inputValue('input[type=search]'), 'checkpoint');
        assert.match(await textOf(page, '#tab-panel'), /No line matches/);
      },
      { view },
    );
  });

  it('moves through the measurements with the scrubber and follows the latest at its end', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        const first = (): Promise<string> => textOf(page, '.units tbody tr >> nth=0 >> td >> nth=0');
        assert.match(await textOf(page, '.units caption'), /step 80/);
        const latest = await first();
        await page.locator('input[type=range]').focus();
        await page.keyboard.press('Home');
        await page.waitForSelector('.units caption:has-text("step 0, from the source layers")');
        assert.notEqual(await first(), latest);
        assert.equal(
          await page.getAttribute('input[type=range]', 'aria-valuetext'),
          'step 0, from the source layers',
        );
        await page.keyboard.press('End');
        assert.equal(await first(), latest);
        run.advance(recordedLines.length);
        await page.waitForSelector('.units caption:has-text("step 200")');
        await page.keyboard.press('ArrowLeft');
        await page.waitForSelector('.units caption:has-text("step 180")');
        const map = await page.locator('adept-unit-map canvas').boundingBox();
        assert.ok(map !== null);
        await page.mouse.click(map.x + map.width - 8, map.y + 30);
        await page.waitForSelector('.units caption:has-text("step 200")');
        assert.match(await textOf(page, '.units .reading'), /^4 \(copy of 3\) q_proj · step 200 · /);
        await page.click('vscode-button:has-text("Show as table")');
        assert.equal(await page.locator('.table-scroll.wide thead th').count(), 12);
        const units = await page.locator('.table-scroll.wide tbody tr').allInnerTexts();
        assert.deepEqual([units.length, units[1]?.split('\t')[0]], [18, '4 (copy of 3) q_proj']);
      },
      {
        view: { tab: 'units' },
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"status":"resumed"'));
        },
      },
    );
  });

  it('says which units train no more', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        const rates = (): Promise<string[]> =>
          page.locator('.units tbody tr td:nth-of-type(5)').allInnerTexts();
        run.advance(recordedLines.length);
        await page.waitForSelector('.units caption:has-text("step 200")');
        assert.ok(!(await rates()).includes('frozen'));
        run.freezeFirstUnit(201);
        await page.waitForSelector('.units caption:has-text("step 200; learning rates of step 201")');
        assert.equal((await rates()).lastIndexOf('frozen'), 0);
        const times = page.locator('#tab-panel .toolbar .muted');
        assert.equal(await times.innerText(), '11 measurements');
        await page.click('.choice vscode-button:has-text("Learning rate")');
        await page.waitForSelector('.units caption:has-text("step 201, units frozen")');
        assert.equal(await times.innerText(), '11 measurements, 1 change of the rates alone');
      },
      {
        view: { tab: 'units' },
        before: (run) => {
          run.trainer();
        },
      },
    );
  });

  it('filters the log, and follows its end unless one scrolled up', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        const atEnd = (): Promise<boolean> =>
          page.locator('.log').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5);
        assert.equal(await page.getAttribute('.log', 'aria-live'), 'off');
        assert.ok(await atEnd());
        run.advance(recordedLine('"step":150,'));
        await page.waitForSelector('.log:has-text("step 140")');
        assert.ok(await atEnd());
        await page.locator('.log').evaluate((box) => {
          box.scrollTop = 0;
        });
        await page.waitForSelector('vscode-button:has-text("Jump to end")');
        run.advance(recordedLines.length);
        await page.waitForSelector('.log:has-text("step 200")');
        assert.equal(await page.locator('.log').evaluate((box) => box.scrollTop), 0);
        await page.click('vscode-button:has-text("Jump to end")');
        await page.waitForFunction(() => {
          const box = document.querySelector('.log');
          return box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < 5;
        });
        await page.fill('input[type=search]', 'SAVED 120');
        await page.waitForFunction(() => document.querySelectorAll('.log .line').length === 1);
        assert.match(await textOf(page, '.log .line .text'), /^step 120: checkpoint saved$/);
        assert.match(await textOf(page, 'adept-run-log [role=status]'), /^1 of \d+ lines$/);
      },
      {
        height: 600,
        view: { tab: 'log' },
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"step":125,'));
        },
      },
    );
  });

  it('tells screen readers of evaluations and of nothing else', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        const said = (): Promise<string> => page.locator('main > [aria-live=polite]').innerText();
        assert.equal(await said(), '');
        run.advance(recordedLine('"type":"eval","step":60'));
        await page.waitForSelector('.progress-text:has-text("step 60")');
        assert.equal(await said(), '');
        run.advance(recordedLine('"type":"eval","step":60') + 1);
        await page.waitForFunction(
          () => document.querySelector('main > [aria-live=polite]')?.textContent !== '',
        );
        assert.equal(await said(), 'Step 60: domain loss 1.4999, general loss 0.7557, +0.1341 since start');
      },
      {
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"step":58,'));
        },
      },
    );
  });
});
