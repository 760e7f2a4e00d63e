import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { recordedLine } from '../support/recordedRun';
import { withRun } from './support/runPage';
import { launchChromium, noChromium } from './support/webviewPage';

/** Presses Tab until the element that a selector finds has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) {
      return;
    }
  }
  assert.fail(`Tab does not come to ${selector}`);
}

describe('the page of a run, with the keyboard alone', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('controls, reads curves, changes tabs, moves through time and filters the log', async () => {
    await withRun(
      browser,
      async ({ page, commands, run }) => {
        await tabTo(page, '[data-command=pause]');
        await page.keyboard.press('Enter');
        await tabTo(page, '[data-command=checkpoint]');
        await page.keyboard.press('Space');
        assert.deepEqual(await commands(), ['pause', 'checkpoint']);

        await tabTo(page, '#tab-curves');
        await tabTo(page, 'adept-curve-chart.wide .plot');
        const reading = (): Promise<string | null> =>
          page.getAttribute('adept-curve-chart.wide .plot', 'aria-valuetext');
        assert.match((await reading()) ?? '', /^step 89 · each step .* · smoothed /);
        await page.keyboard.press('Home');
        await page.waitForSelector('.wide .plot[aria-valuetext^="step 1 "]');
        await page.keyboard.press('PageUp');
        await page.waitForSelector('.wide .plot[aria-valuetext^="step 10 "]');
        await page.keyboard.press('ArrowLeft');
        await page.waitForSelector('.wide .plot[aria-valuetext^="step 9 "]');
        // What is read out stays while the run goes on.
        run.advance(recordedLine('"step":130,'));
        await page.waitForSelector('.progress-text:has-text("step 129")');
        assert.match((await reading()) ?? '', /^step 9 /);
        await page.keyboard.press('Escape');
        assert.match((await reading()) ?? '', /^step 129 /);

        await page.focus('#tab-curves');
        await tabTo(page, '.smoothing input');
        await page.keyboard.press('ArrowLeft');
        await page.waitForSelector('.smoothing input[aria-valuetext="0.89"]');
        for (let tabs = 0; tabs < 3; tabs += 1) {
          await page.keyboard.press('Tab');
        }
        await page.keyboard.press('Space');
        await page.waitForSelector('table caption:has-text("Evaluations")');
        await page.keyboard.press('Space');
        await page.waitForSelector('.plot');

        await page.focus('#tab-curves');
        await page.keyboard.press('ArrowRight');
        await page.waitForSelector('#tab-units[aria-selected=true]:focus');
        await tabTo(page, 'input[type=range]');
        await page.keyboard.press('ArrowLeft');
        await page.waitForSelector('.units caption:has-text("step 100")');

        await page.focus('#tab-units');
        await page.keyboard.press('End');
        await page.waitForSelector('#tab-log[aria-selected=true]:focus');
        await tabTo(page, 'input[type=search]');
        await page.keyboard.type('resumed');
        await page.waitForFunction(() => document.querySelectorAll('.log .line').length === 1);
        await tabTo(page, '.log');
      },
      {
        height: 1200,
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"status":"resumed"') + 10);
        },
      },
    );
  });

  it('keeps the focus among the buttons when the one that was pressed goes with the end of the run', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        await page.focus('[data-command=checkpoint]');
        run.finish();
        await page.waitForSelector('.state-done');
        await page.waitForSelector('header .toolbar [data-command=export]:focus');
      },
      {
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"step":50,'));
        },
      },
    );
  });

  it('keeps the focus on a button whose command is under way', async () => {
    await withRun(
      browser,
      async ({ page, window }) => {
        await page.focus('[data-command=stop]');
        window.pending = 'stop';
        await page.waitForSelector('[data-command=stop][aria-busy=true]');
        assert.ok(await page.evaluate(() => document.activeElement?.matches('[data-command=stop]')));
      },
      {
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"step":50,'));
        },
      },
    );
  });
});
