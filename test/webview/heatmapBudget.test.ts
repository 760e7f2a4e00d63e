import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { ClusterFile } from '../../src/shared/cluster/clusterFile';
import { contentOf } from './support/heatmapContent';
import { markedLayers, withHeatmap } from './support/heatmapPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

describe("the heatmap's budget and preview of learning rates", { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('lists what fits, the proposed number of layers first, and marks what is taken', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.click('.budget summary');
        const choices = page.locator('.choices vscode-button');
        // One of eight layers is proposed.
        await page.waitForSelector('.choices vscode-button');
        const offered = await choices.allInnerTexts();
        assert.deepEqual(offered.slice(0, 2), ['Mark layer 3', 'Mark layers 3 and 6']);
        await page.fill('#budget-slowdown', '1.3');
        await page.waitForFunction(() => document.querySelectorAll('.choices vscode-button').length === 2);
        assert.deepEqual(await webview.accessibilityFaults(), []);
        await choices.nth(1).click();
        assert.deepEqual(await markedLayers(page), [3, 6]);
        await page.fill('#budget-memory', '0.001');
        await page.getByText('No layer fits.').waitFor();
        await page.fill('#budget-memory', '8 GB');
        await page.getByText('Give a number above 0, or leave this empty.').waitFor();
        assert.equal(await page.locator('#budget-memory').getAttribute('aria-invalid'), 'true');
        assert.equal(await choices.count(), 0);
        await page.fill('#budget-memory', '');
        await page.fill('#budget-hours', '2');
        await page.getByText('Give the number of steps below.').waitFor();
        // With steps a choice takes what the plan says of it, evaluations and refreshes counted.
        await page.fill('#budget-hours', '');
        await page.fill('#field-steps', '100000');
        const whole = await page
          .locator('.plan-bar')
          .getByText(/ in all/)
          .innerText();
        const [, time = 'none'] = /([\d.,]+ [a-z]+) in all/.exec(whole) ?? [];
        const marked = page.locator('.choices li', { hasText: 'layers 3 and 6' });
        assert.ok((await marked.innerText()).includes(`, ${time}`), `${await marked.innerText()} | ${whole}`);
        // What the answers take nobody knows before the model has given some.
        await page.click('.more-settings > summary');
        await page.selectOption('#field-answers', 'default');
        await page.locator('.plan-bar').getByText(`${time} without answers`).waitFor();
        assert.match(await page.innerText('.price'), /; answers to prompts come on top/);
        assert.deepEqual(await webview.accessibilityFaults(), []);
      },
      { content: contentOf('sampleBoth') },
    );
  });

  it('says what the run takes on the GPUs of a file, or what is wrong with that', async () => {
    const content = contentOf('sampleBoth');
    const cluster = v.parse(ClusterFile, {
      ...{ format: 'adept.cluster/1', nodes: 2, gpusPerNode: 8, gpu: 'H100', pricePerGpuHour: 3600 },
    });
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        assert.equal(await page.getByText('On 16 × H100').count(), 0);
        await page.locator('tr[data-layer="3"] th').click();
        await page.fill('#field-steps', '100000');
        await page.getByText('On 16 × H100').waitFor();
        const text = await page.locator('.plan').innerText();
        assert.match(text, /Layers\s+copies sharded/);
        assert.match(text, /Memory of a GPU\s+[\d.]+ GB of 80 GB/);
        assert.match(text, /All steps, [\d,]+ tokens\s+[\d.]+ (sec|min|hr)/);
        assert.match(text, /Cost\s+\d/);
        assert.deepEqual(await webview.accessibilityFaults(), []);
        await takePicture(page, 'heatmap-cluster');
        await webview.send({
          ...content,
          launch: {
            ...content.launch,
            cluster: { found: false, problem: '/x.json: "gpu" is missing: add it.' },
          },
        });
        await page.getByText('No plan for GPUs: /x.json: "gpu" is missing: add it.').waitFor();
      },
      { content: { ...content, launch: { ...content.launch, cluster: { found: true, cluster } } } },
    );
  });

  it('shows the learning rate of every unit of the copies, and follows how rates are made', async () => {
    const content = contentOf('sampleBoth');
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.click('.rate-settings summary');
        await page.getByText('Mark layers to see the learning rates').waitFor();
        await page.locator('tr[data-layer="3"] th').click();
        await page.getByText('Give steps and a learning rate').waitFor();
        await page.fill('#field-steps', '100');
        await page.fill('#field-learningRate', '0.001');
        const rows = page.locator('.rates tbody tr');
        const units = content.importance.units.filter(({ layer }) => layer === 3);
        assert.equal(await rows.count(), units.length);
        const column = (index: number): Promise<number[]> =>
          page
            .locator(`.rates tbody td:nth-child(${index})`)
            .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
        // Of the least important unit twice the base rate, of the most important none.
        const rates = await column(5);
        const lowest = units
          .map(({ importance }) => importance)
          .indexOf(Math.min(...units.map((unit) => unit.importance)));
        const highest = units
          .map(({ importance }) => importance)
          .indexOf(Math.max(...units.map((unit) => unit.importance)));
        assert.equal(rates[lowest], 0.002);
        assert.equal(rates[highest], 0);
        await page.selectOption('#field-unitRates', 'equal');
        assert.deepEqual(new Set(await column(5)), new Set([0.001]));
        await page.selectOption('#field-unitRates', 'importance');
        await page.fill('#field-rateFloor', '0.5');
        assert.equal(Math.min(...(await column(5))), 0.0005);
        assert.deepEqual(await webview.accessibilityFaults(), []);
        await takePicture(page, 'rates');
      },
      { content },
    );
  });
});
