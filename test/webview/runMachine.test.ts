import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { RECORDED_RESOURCES, recordedLine } from '../support/recordedRun';
import { withRun } from './support/runPage';
import { launchChromium, noChromium } from './support/webviewPage';

describe('the machine of a run', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('is shown when there is a sample: now, at most, over time, and as a table', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        assert.match(
          await page.locator('#tab-panel').innerText(),
          /every ten seconds.*first sample comes soon/,
        );
        run.resources(RECORDED_RESOURCES.slice(0, 99));
        await page.waitForSelector('.machine-now table');
        const rows = await page.locator('.machine-now tbody tr').allInnerTexts();
        assert.deepEqual(
          rows.map((row) => row.split(/\s*\t\s*/)),
          [
            ['Memory of the trainer', '42 GB', '42 GB', '128 GB'],
            ['Memory in use on the machine', '97 GB', '97 GB', '128 GB'],
            ['Processor, cores in use', '6.36', '6.75', '–'],
            ['Memory of GPU 0 (NVIDIA H200)', '64 GB', '64 GB', '150.8 GB'],
            ['Utilization of GPU 0 (NVIDIA H200)', '83%', '96%', '–'],
            ['Memory of GPU 1 (NVIDIA H200)', '72 GB', '72 GB', '150.8 GB'],
          ],
        );
        assert.equal(await page.locator('.plot canvas').count(), 5);
        assert.equal(await page.locator('.notice-warning').count(), 0);
        await page.focus('.wide .plot');
        await page.keyboard.press('Home');
        await page.waitForSelector(
          '.wide .plot[aria-valuetext="after 0s · trainer 2 GB · in use on the machine 8 GB · there is 128 GB"]',
        );
        await page.keyboard.press('+');
        await page.waitForSelector('[data-command=resetZoom]');
        await page.keyboard.press('0');
        await page.locator('[data-command=resetZoom]').waitFor({ state: 'detached' });

        run.resources(RECORDED_RESOURCES.slice(99));
        await page.waitForSelector(
          '.notice-warning:has-text("Only 3% of the machine’s memory is free, 4.4 GB of 128 GB")',
        );
        await page.click('vscode-button:has-text("Show as table")');
        const table = page.locator('.table-scroll tbody tr');
        assert.equal(await table.count(), 51);
        assert.deepEqual((await table.first().innerText()).split(/\s*\t\s*/), [
          '0s',
          '2 GB',
          '8 GB',
          '–',
          '4 GB',
          '0%',
          '4 GB',
        ]);
      },
      {
        height: 1400,
        view: { tab: 'machine' },
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"step":50,'));
        },
      },
    );
  });
});
