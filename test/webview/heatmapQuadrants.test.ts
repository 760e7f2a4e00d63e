import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { contrastLayers } from '../../src/shared/method/layerChoice';
import { contentOf } from './support/heatmapContent';
import { markedLayers, withHeatmap } from './support/heatmapPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

describe('the heatmap of general and domain text', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('shows where every layer stands on both, in every theme', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.click('.fold-quadrants > summary');
        await page.locator('adept-quadrant-plot .point').first().waitFor();
        assert.equal(await page.locator('adept-quadrant-plot .point').count(), 8);
        await page.locator('adept-quadrant-plot .point[data-layer="3"]').click();
        assert.deepEqual(await markedLayers(page), [3]);
        await webview.inEveryTheme(async (theme) => {
          await page.locator('.quadrants').scrollIntoViewIfNeeded();
          await takePicture(page, `quadrants-${theme}`);
        });
      },
      { content: contentOf('sampleBoth') },
    );
  });

  it('is worked with the keyboard: arrows from layer to layer, Space marks', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.locator('.fold-quadrants > summary').focus();
        await page.keyboard.press('Enter');
        await page.locator('adept-quadrant-plot .point[tabindex="0"]').focus();
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Space');
        assert.deepEqual(await markedLayers(page), [2]);
        await page.keyboard.press('End');
        await page.keyboard.press('Enter');
        assert.deepEqual(await markedLayers(page), [2, 7]);
        assert.equal(
          await page.locator('adept-quadrant-plot .point[data-layer="7"]').getAttribute('aria-checked'),
          'true',
        );
      },
      { content: contentOf('sampleBoth') },
    );
  });

  it('suggests the layers more important to the domain, where that rule is chosen', async () => {
    const content = contentOf('sampleBoth');
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.getByLabel('Layers to suggest').selectOption('contrast');
        await page.fill('#lowest', '3');
        await page.click('vscode-button:has-text("Suggest")');
        assert.deepEqual(await markedLayers(page), contrastLayers(content.importance, 3, 8, 'f'));
      },
      { content },
    );
  });

  it('places the layers by one of their units too', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.click('.fold-quadrants > summary');
        await page.locator('adept-quadrant-plot .point').first().waitFor();
        const positions = (): Promise<(string | null)[]> =>
          page
            .locator('adept-quadrant-plot .point')
            .evaluateAll((points) => points.map((point) => point.getAttribute('transform')));
        const before = await positions();
        await page.getByLabel('Layers by', { exact: true }).selectOption({ label: 'mlp.up_proj' });
        assert.notDeepEqual(await positions(), before);
      },
      { content: contentOf('sampleBoth') },
    );
  });

  it('shows confidence intervals of importance, and the confidence of the suggestion', async () => {
    const content = contentOf('sampleBoth');
    const { trust: confidence } = content.importance;
    assert.ok(confidence);
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.fill('#lowest', '3');
        const same = `${Math.round((confidence.sameLowest[2] ?? NaN) * 100)}%`;
        assert.ok((await page.innerText('.toolbar')).includes(`in ${same} of resamples`), same);
        await page.locator('tr[data-layer="2"] td').first().hover();
        assert.match(
          await page.locator('.cell-tooltip').innerText(),
          /in 95% of the resamples [\d.e-]+ to [\d.e-]+, rank \d to \d/,
        );
      },
      { content },
    );
  });

  it('shows the confidence of the layers of most contrast, when the analysis ended early, and what the texts share', async () => {
    const { importance, ...content } = contentOf('sampleBoth');
    const { probe } = importance;
    const told = {
      ...importance,
      ...{ sameContrast: [0.9, 0.8, 0.71, 0.6, 0.5, 0.4, 0.3, 1], overlap: 0.25 },
      probe: { ...probe, available: 999 },
    };
    await withHeatmap(
      browser,
      async ({ page }) => {
        await page.fill('#lowest', '3');
        await page.getByLabel('Layers to suggest').selectOption('contrast');
        assert.ok((await page.innerText('.toolbar')).includes('in 71% of resamples of both texts'));
        const facts = await page.innerText('.facts');
        assert.ok(facts.includes(`${probe.sequences} of 999 sequences were enough`), facts);
        assert.ok(facts.includes('25% of the tokens of general text also occur in the domain text'), facts);
      },
      { content: { ...content, importance: told } },
    );
  });
});
