import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { heatmapContent } from './support/heatmapContent';
import { withHeatmap } from './support/heatmapPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

describe('the launch form on its page', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('uses the width of the page for the form, and cuts nothing of it', async () => {
    await withHeatmap(browser, async ({ page }) => {
      await page.locator('tbody tr[data-layer="1"] th').click();
      await page.fill('#field-domain', 'texts/continual-pretraining/domain.jsonl');
      await page.fill('#field-steps', '40');
      await page.fill('#field-learningRate', '1e-3');
      for (const part of ['more-settings', 'rate-settings', 'text-settings']) {
        await page.click(`.${part} > summary`);
      }
      // The panel of a window of 900, 1400 and 1920 pixels, with and without its side bar.
      for (const [width, height, fields] of [
        [530, 590, 2],
        [840, 590, 3],
        [1030, 790, 4],
        [1340, 790, 6],
        [1560, 970, 6],
        [1870, 970, 6],
      ] as const) {
        await page.setViewportSize({ width, height });
        const found = await page.evaluate(() => {
          const wide = (selector: string): number[] =>
            [...document.querySelectorAll(selector)].map((box) => box.scrollWidth - box.clientWidth);
          const columns = [...document.querySelectorAll('adept-launch-form > form > .settings')].map(
            (box) => getComputedStyle(box).gridTemplateColumns.split(' ').length,
          );
          return { cut: [...wide('html'), ...wide('.rates'), ...wide('#field-domain')], fields: columns[0] };
        });
        assert.deepEqual(found, { cut: [0, 0, 0], fields }, `${String(width)} × ${String(height)}`);
        await page.locator('#field-name').scrollIntoViewIfNeeded();
        await takePicture(page, `launch-form-${String(width)}`);
        await page.evaluate(() => {
          window.scrollTo({ top: 0 });
        });
        await takePicture(page, `heatmap-${String(width)}`);
      }
    });
  });

  it('finds its open parts again, and proposes a free name after a launch whose answer it did not see', async () => {
    const { launch, ...content } = heatmapContent();
    let state: unknown;
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      await page.locator('tbody tr[data-layer="1"] th').click();
      await page.fill('#field-domain', '/data/a.txt');
      await page.fill('#field-steps', '40');
      await page.fill('#field-learningRate', '1e-3');
      await page.fill('#field-name', 'mine');
      await page.click('.rate-settings > summary');
      await page.click('vscode-button:has-text("Start tuning")');
      await webview.waitForMessage('launch');
      state = await webview.state();
    });
    const back = { content: { ...content, launch: { ...launch, name: 'tune-4' } } };
    await withHeatmap(
      browser,
      async ({ page }) => {
        assert.equal(await page.inputValue('#field-name'), 'tune-4');
        assert.equal(await page.locator('.rate-settings[open]').count(), 1);
        assert.equal(await page.locator('.more-settings[open]').count(), 0);
      },
      { ...back, state },
    );
  });

  it('opens a part also where something else is shown right after the click', async () => {
    await withHeatmap(browser, async ({ page }) => {
      const opened = await page.evaluate(async () => {
        const steps = document.querySelector<HTMLInputElement>('#field-steps');
        const heading = document.querySelector<HTMLElement>('.more-settings > summary');
        if (steps === null || heading === null) {
          return undefined;
        }
        // Before the browser tells of an element that opened.
        heading.click();
        steps.value = '77';
        steps.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve, 100));
        return heading.parentElement?.hasAttribute('open');
      });
      assert.equal(opened, true);
    });
  });
});
