import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { contentOf, type HeatmapContent } from './support/heatmapContent';
import { withHeatmap } from './support/heatmapPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

/** The recorded analysis, with groups of q_proj and up_proj that follow from the unit's importance. */
function withGroups(): HeatmapContent {
  const content = contentOf('sampleBoth');
  const units = content.importance.units.map((unit) =>
    /q_proj|up_proj/.test(unit.name)
      ? { ...unit, parts: [0.5, 1, 1.5, 1].map((share) => share * unit.importance) }
      : unit,
  );
  return { ...content, importance: { ...content.importance, units } };
}

describe("the heads and groups within the heatmap's units", { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('can be looked into, unit by unit, in every theme', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        // Closed until somebody wants it.
        assert.equal(await page.locator('#groups-unit').count(), 0);
        await page.click('.fold-groups > summary');
        await page.waitForSelector('#groups-unit');
        assert.deepEqual(await page.locator('#groups-unit option').allInnerTexts(), [
          'self_attn.q_proj',
          'mlp.up_proj',
        ]);
        const cells = page.locator('.groups-table tbody td');
        assert.equal(await cells.count(), 8 * 4);
        const heads = await cells.allInnerTexts();
        await webview.send({ type: 'showInside', unit: 'mlp.up_proj' });
        await page.waitForSelector('#groups-unit:focus');
        assert.equal(await page.inputValue('#groups-unit'), 'mlp.up_proj');
        await page.getByText('groups of neurons').waitFor();
        assert.notDeepEqual(await cells.allInnerTexts(), heads);
        await webview.inEveryTheme(async (theme) => {
          await takePicture(page.locator('.unit-groups'), `groups-${theme}`);
        });
      },
      { content: withGroups() },
    );
  });

  it('are not spoken of where they were not measured', async () => {
    await withHeatmap(
      browser,
      async ({ page }) => {
        assert.equal(await page.locator('.fold-groups').count(), 0);
      },
      { content: contentOf('sampleBoth') },
    );
  });
});
