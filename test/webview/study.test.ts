import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { StudyFile } from '../../src/shared/study/study';
import { withShownPage } from './support/shownPage';
import { launchChromium, noChromium, type WebviewPage } from './support/webviewPage';
import { takePicture } from '../support/picture';

/** Made up: every arm with two seeds, but for one run that is not done. */
function studyOf(): StudyFile {
  const report = (domain: number, general: number): StudyFile['runs'][number]['report'] => ({
    ...{ format: 'adept.report/1', engine: {}, steps: 60, peakMemory: 1 },
    layers: { before: 30, after: 34, expanded: [3, 14, 17, 26] },
    parameters: { before: 100, after: 110, trained: 10 },
    before: { domainLoss: 2, generalLoss: 3, accuracy: 0.25 },
    after: { domainLoss: 2 - domain, generalLoss: 3 + general, accuracy: 0.26 },
    seconds: { tune: 200 * domain },
    trainingSeconds: 100 * domain,
  });
  const arms = ['full', 'llamaPro', 'adept'] as const;
  const runs = [
    { arm: 'full' as const, seed: 0, report: report(0.9, 0.4) },
    { arm: 'full' as const, seed: 1, report: report(0.8, 0.3) },
    { arm: 'llamaPro' as const, seed: 0, report: report(0.5, 0.1) },
    { arm: 'adept' as const, seed: 0, report: report(0.7, 0.05) },
    { arm: 'adept' as const, seed: 1, report: report(0.6, 0.07) },
  ];
  return {
    ...{
      format: 'adept.study/1',
      createdAt: '2026-01-01T00:00:00.000Z',
      k: 4,
      arms: [...arms],
      variants: {},
      seeds: [0, 1],
    },
    ...{ settings: {}, runs, failures: [{ arm: 'llamaPro', seed: 1, message: 'the loss is no number' }] },
  };
}

describe('the panel of a study', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  function shown(
    message: Record<string, unknown>,
    work: (webview: WebviewPage) => Promise<void>,
  ): Promise<void> {
    const source = { file: '/space/study/study.json' };
    return withShownPage({ browser, name: 'study', message, source, theme: 'light' }, work);
  }

  const content = { type: 'show', file: '/space/study/study.json', study: studyOf() };

  it('shows every arm as a point and in numbers, in every theme', async () => {
    await shown(content, async (webview) => {
      const { page } = webview;
      assert.match(await page.locator('main p').first().innerText(), /5 of 6 runs are done; 4 layers/);
      assert.equal(await page.locator('.plot circle').count(), 3);
      const rows = await page.locator('tbody tr').allInnerTexts();
      assert.deepEqual(
        rows.map((row) =>
          row
            .split('\t')
            .slice(0, 4)
            .map((cell) => cell.trim()),
        ),
        [
          ['full', '2', '0.8500 (0.8000 to 0.9000)', '+0.3500 (+0.3000 to +0.4000)'],
          ['llamaPro', '1', '0.5000', '+0.1000'],
          ['adept', '2', '0.6500 (0.6000 to 0.7000)', '+0.0600 (+0.0500 to +0.0700)'],
        ],
      );
      await webview.inEveryTheme(async (theme) => {
        await takePicture(page, `study-${theme}`);
      });
      // What belongs to the table and is no number is not cut with it.
      await page.setViewportSize({ width: 530, height: 590 });
      await takePicture(page, 'study-530');
      const overhang = await page.locator('html').evaluate((box) => box.scrollWidth - box.clientWidth);
      const about = await page.locator('.about-numbers').evaluate((box) => box.scrollWidth);
      assert.ok(overhang === 0 && about <= 490, `${String(overhang)}, ${String(about)}`);
    });
  });

  it('shows what is being done, stops it, goes on, and opens runs from points and rows', async () => {
    const openable = [
      { arm: 'full', seed: 0 },
      { arm: 'adept', seed: 1 },
    ];
    await shown({ ...content, openable }, async (webview) => {
      const { page } = webview;
      assert.equal(await page.locator('.plot [data-arm]').count(), 2);
      await page.locator('.plot [data-arm="adept"]').click();
      assert.equal((await webview.waitForMessage('openRun')).arm, 'adept');
      await page.getByRole('button', { name: 'full', exact: true }).press('Enter');
      await webview.waitForMessage('openRun', ({ arm }) => arm === 'full');
      await webview.send({
        type: 'activity',
        activity: { fraction: 0.4, message: 'full-1: step 3' },
        canRun: true,
      });
      await page.getByText('full-1: step 3').waitFor();
      const progress = page.getByRole('progressbar', { name: 'Progress of the study' });
      assert.equal(await progress.getAttribute('aria-valuenow'), '40');
      assert.deepEqual(await webview.accessibilityFaults(), []);
      await page.getByRole('button', { name: 'Stop' }).click();
      await webview.waitForMessage('stop');
      await webview.send({ type: 'activity', activity: null, canRun: true });
      await page.getByRole('button', { name: 'Run the Missing Runs' }).click();
      await webview.waitForMessage('run');
    });
    await shown({ type: 'begin', file: content.file }, async ({ page }) => {
      assert.match(await page.innerText('main'), /No run is done yet/);
    });
  });

  it('opens the file that it shows', async () => {
    await shown(content, async (webview) => {
      await webview.page.getByRole('button', { name: 'study/study.json' }).click();
      await webview.waitForMessage('openFile');
    });
  });

  it('says why a file cannot be shown, and that nothing is done yet', async () => {
    await shown({ type: 'broken', message: 'study.json is no study.' }, async ({ page }) => {
      assert.equal(await page.getByRole('alert').innerText(), 'study.json is no study.');
    });
    await shown({ ...content, study: { ...studyOf(), runs: [] } }, async ({ page }) => {
      assert.match(await page.innerText('main'), /No run is done yet/);
    });
  });
});
