import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { writeJson } from '../../src/node/files/jsonFile';
import { recommendedStrength } from '../../src/shared/run/strength';
import { RECORDED_STRENGTH } from '../support/recordedRun';
import { numbersOf, withRun } from './support/runPage';
import { launchChromium, noChromium } from './support/webviewPage';

describe("the strength (α) and the export in a run's page", { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('shows what an export computes beside what was trained, once there is one', async () => {
    await withRun(browser, async ({ page, run, session }) => {
      assert.equal(await page.locator('.summary th:text-is("exported")').count(), 0);
      const out = join(run.folder, 'half');
      mkdirSync(out);
      writeFileSync(join(out, 'config.json'), '{}');
      const losses = { domainLoss: 1.20347, generalLoss: 0.70011 };
      const record = { out, step: 160, alpha: 0.5, dropped: [2], dtype: 'bfloat16', losses, createdAt: '' };
      writeJson(join(run.folder, 'exports.json'), { format: 'adept.exports/1', exports: [record] });
      session.refresh();
      await page.waitForSelector('.summary th:text-is("exported")');
      assert.equal((await numbersOf(page, 'domain')).at(-1), '1.2035');
      assert.equal((await numbersOf(page, 'general')).at(-1), '0.7001');
      assert.equal((await numbersOf(page, 'training')).at(-1), 'means of 20 steps');
      assert.equal(
        await page.locator('.facts div', { hasText: 'Export' }).locator('dd').innerText(),
        'half · step 160 · strength 0.5 · without layers 2 · bfloat16',
      );
    });
  });

  it('offers to measure, and shows what comes of it when it is there', async () => {
    await withRun(
      browser,
      async ({ page, run, webview, window, session }) => {
        const measure = page.getByRole('button', { name: 'Measure', exact: true });
        await measure.click();
        await webview.waitForMessage('measureStrength');
        // While it is under way it cannot be asked for again.
        window.isMeasuring = true;
        session.refresh();
        await page.getByText('Being measured').waitFor();
        await measure.click({ force: true });
        assert.equal(await measure.getAttribute('aria-disabled'), 'true');
        const asked = (await webview.sent()).filter(({ type }) => type === 'measureStrength');
        assert.equal(asked.length, 1);
        window.isMeasuring = false;
        session.refresh();
        await page.getByText('Being measured').waitFor({ state: 'detached' });
        assert.equal(await page.locator('.strength-curve').count(), 0);
        run.strength(RECORDED_STRENGTH);
        await page.locator('.strength-curve').waitFor();
        assert.equal(
          await page.locator('.strength .reading').innerText(),
          'α = 1.00: domain loss 0.9626 (−1.4670), general loss 1.0548 (+0.4332)',
        );
      },
      { view: { tab: 'strength' } },
    );
  });

  it('reads out every strength, and exports at the one it stands at', async () => {
    await withRun(
      browser,
      async ({ page, webview }) => {
        const slider = page.getByRole('slider');
        await slider.focus();
        await page.keyboard.press('Home');
        assert.equal(
          await slider.getAttribute('aria-valuetext'),
          'α = 0.00: domain loss 2.4296 (+0.0000), general loss 0.6216 (+0.0000)',
        );
        for (let press = 0; press < 5; press++) {
          await page.keyboard.press('ArrowRight');
        }
        // Between the measured 0 and 0.5.
        assert.match(
          (await slider.getAttribute('aria-valuetext')) ?? '',
          /^α = 0\.25, between measured ones: domain loss about 1\.9648/,
        );
        assert.equal(await page.getByText('These are the losses with all added layers.').count(), 0);
        await page.getByLabel('Leave out layer 7 (copy of 5)').check();
        await page.getByText('These are the losses with all added layers.').waitFor();
        await page.getByRole('button', { name: /^Export step 200 at α = 0.25 without layer 7…$/ }).click();
        const { step, alpha, drop } = await webview.waitForMessage('exportStrength');
        assert.deepEqual([step, alpha, drop], [200, 0.25, [7]]);
      },
      {
        view: { tab: 'strength' },
        before: (run) => {
          run.finish();
          run.strength(RECORDED_STRENGTH);
        },
      },
    );
  });

  it('recommends a strength, and layers to leave out', async () => {
    await withRun(
      browser,
      async ({ page, webview }) => {
        // General loss rises by 0.1284 at 0.5: too much, so the original it is.
        await page.getByRole('button', { name: 'α = 0.00' }).click();
        assert.match(await page.locator('.strength .reading').innerText(), /^α = 0\.00:/);
        await page.getByText('domain loss is 0.9625, general loss 1.0500').waitFor();
        await page.getByRole('button', { name: 'Leave out 7' }).click();
        assert.ok(await page.getByLabel('Leave out layer 7 (copy of 5)').isChecked());
        assert.deepEqual(await webview.accessibilityFaults(), []);
      },
      {
        view: { tab: 'strength' },
        before: (run) => {
          run.finish();
          run.strength(RECORDED_STRENGTH);
        },
      },
    );
  });

  it("recommends within the run's own limit, where it has one", async () => {
    await withRun(
      browser,
      async ({ page }) => {
        await page.getByText(/recommended/).waitFor();
        const best = recommendedStrength(RECORDED_STRENGTH, 0.2)?.alpha ?? NaN;
        assert.ok(best > 0);
        await page.getByRole('button', { name: `α = ${best.toFixed(2)}`, exact: true }).waitFor();
      },
      {
        view: { tab: 'strength' },
        before: (run) => {
          run.finish();
          run.strength({ ...RECORDED_STRENGTH, maxGeneralRise: 0.2 });
        },
      },
    );
  });

  it('says what each layer contributed', async () => {
    await withRun(
      browser,
      async ({ page }) => {
        const rows = await page.locator('.strength tbody tr').allInnerTexts();
        assert.deepEqual(
          rows.map((row) => row.split(/\s*\t\s*/).slice(0, 3)),
          [
            ['4 (copy of 3)', '0.9374', '−0.2548'],
            ['7 (copy of 5)', '−0.0001', '−0.0048'],
          ],
        );
      },
      {
        view: { tab: 'strength' },
        before: (run) => {
          run.finish();
          run.strength(RECORDED_STRENGTH);
        },
      },
    );
  });
});
