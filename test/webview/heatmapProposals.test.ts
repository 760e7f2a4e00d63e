import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { contentOf, type HeatmapContent } from './support/heatmapContent';
import { markedLayers, withHeatmap } from './support/heatmapPage';
import { takePicture } from '../support/picture';
import { launchChromium, noChromium } from './support/webviewPage';

/** The sample's analysis, in which two layers could be the least important one. */
function tiedContent(): HeatmapContent {
  const content = contentOf('sampleBoth');
  const { trust } = content.importance;
  assert.ok(trust !== undefined);
  const layers = trust.layers.map((layer) =>
    layer.index === 3 || layer.index === 6 ? { ...layer, lowestRank: 1, highestRank: 2 } : layer,
  );
  return { ...content, importance: { ...content.importance, trust: { ...trust, layers } } };
}

describe('proposed settings beside the heatmap', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('come with a reason, are taken one by one or together, and follow the text', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        const subjects = (): Promise<(string | null)[]> =>
          page
            .locator('[data-proposal]')
            .evaluateAll((items) => items.map((item) => item.getAttribute('data-proposal')));
        assert.deepEqual(await subjects(), ['layers', 'rate', 'limit']);
        await page.fill('#field-domain', '/data/a.txt');
        await webview.waitForMessage('check', ({ files }) => (files as string[]).includes('/data/a.txt'));
        await webview.send({
          type: 'checked',
          name: { text: 'tune-1', problem: null },
          files: [{ path: '/data/a.txt', problem: null }],
          texts: [{ files: ['/data/a.txt'], bytes: 62_500, tokens: 15_360 }],
        });
        await page.waitForSelector('[data-proposal="steps"]');
        // 60 steps of 4 × 64 tokens, as long as the analysis had them, an epoch.
        assert.match(await page.innerText('[data-proposal="steps"]'), /120 steps[^]*15,360 tokens: 60 steps/);
        await page.click('[data-proposal="layers"] .proposal-head vscode-button');
        assert.deepEqual(await markedLayers(page), [3]);
        await page.getByText('Use All', { exact: true }).click();
        const form = await page.evaluate(() =>
          [
            'steps',
            'learningRate',
            'evalEvery',
            'maxGeneralRise',
            'updateEvery',
            'saveEvery',
            'schedule',
          ].map(
            (field) => document.querySelector<HTMLInputElement | HTMLSelectElement>(`#field-${field}`)?.value,
          ),
        );
        assert.deepEqual(form, ['120', '0.001', '12', '0.02', '60', '30', 'cosine']);
        assert.equal(await page.getByText('Use All', { exact: true }).count(), 0);
        // The alternative stays one.
        assert.equal(await page.locator('[data-proposal] .proposal-head vscode-button').count(), 1);
        assert.equal((await page.innerText('.plan-bar .check-sign')).trim(), '1 warning');
        const hint = page.getByRole('button', { name: 'What is “General loss”?' });
        await hint.focus();
        await page.keyboard.press('Enter');
        const meaning = page.getByText('When it rises, the model forgets.');
        await meaning.waitFor();
        const [text, sign] = [await meaning.boundingBox(), await hint.boundingBox()];
        assert.ok(text !== null && sign !== null);
        assert.ok(Math.abs(text.y - sign.y) < 120, 'it stands beside the sign');
        assert.ok(text.x >= 0 && text.x + text.width <= 1280, 'it is in sight');
        await takePicture(page, 'heatmap-hint');
        await page.keyboard.press('Escape');
        await meaning.waitFor({ state: 'hidden' });
        assert.deepEqual(await webview.accessibilityFaults(), []);
        await takePicture(page, 'heatmap-proposals');
      },
      { content: contentOf('sampleBoth') },
    );
  });

  it('say the confidence of the choice, and measure more', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        assert.match(
          await page.innerText('.certainty'),
          /^3 and 6 are tied: about 8 more sequences would tell\./,
        );
        await page.click('.certainty vscode-button');
        const { sequences } = await webview.waitForMessage('measureMore');
        assert.equal(sequences, 32);
      },
      { content: tiedContent() },
    );
  });
});
