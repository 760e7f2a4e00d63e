import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { TEXT_CONTRAST } from '../../src/shared/heatmap/ink';
import { withHeatmap } from './support/heatmapPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

describe('the heatmap, in every theme', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('can be read: contrast of every cell, no fault that axe finds', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      await page.fill('#lowest', '2');
      await page.click('button:has-text("Suggest")');
      await page.fill('#field-steps', '0');
      await page.locator('tr[data-layer="2"] td').nth(3).focus();
      await webview.inEveryTheme(async (theme) => {
        const ratios = await page.evaluate(cellContrasts);
        assert.ok(ratios.length > 40);
        const lowest = Math.min(...ratios);
        assert.ok(lowest >= TEXT_CONTRAST, `lowest contrast ${String(lowest)}, ${theme}`);
        await takePicture(page, `heatmap-${theme}`);
      });
      await page.click('button:has-text("Show as table")');
      await webview.inEveryTheme();
    });
  });

  it('follows a change of theme without drawing the cells again', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        const ground = (): Promise<string> =>
          page
            .locator('tbody td')
            .first()
            .evaluate((cell) => getComputedStyle(cell).backgroundColor);
        const dark = await ground();
        await webview.setTheme('light');
        await page.waitForFunction((old) => {
          const cell = document.querySelector('tbody td');
          return cell !== null && getComputedStyle(cell).backgroundColor !== old;
        }, dark);
        assert.ok(Math.min(...(await page.evaluate(cellContrasts))) >= TEXT_CONTRAST);
      },
      { theme: 'dark' },
    );
  });
});

/** The contrast of every coloured cell of the page, as painted. Runs in the page. */
function cellContrasts(): number[] {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const channels = (colour: string): number[] => {
    if (context === null) {
      return [];
    }
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll('td[class^="heat-"]')].map((cell) => {
    const { color, backgroundColor } = getComputedStyle(cell);
    const [x, y] = [luminance(color), luminance(backgroundColor)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  });
}
