import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { recordedLine, recordedLines } from '../support/recordedRun';
import { PICTURES_WANTED, picturePath, takePicture } from '../support/picture';
import { withRun, type RunPageOptions } from './support/runPage';
import { launchChromium, noChromium } from './support/webviewPage';

const PLOT = '.wide .plot';

const RUNNING: RunPageOptions = {
  height: 1200,
  before: (run) => {
    run.trainer();
    run.advance(recordedLine('"step":171,'));
    run.happened();
  },
};

/** First and last step that all charts show. */
async function shown(page: Page): Promise<number[]> {
  const ranges = await page
    .locator('.plot[tabindex]')
    .evaluateAll((plots) =>
      plots.map((plot) => [plot.ariaValueMin, plot.ariaValueMax].map((text) => Math.round(Number(text)))),
    );
  assert.equal(new Set(ranges.map(String)).size, 1, 'all charts show the same');
  return ranges[0] ?? [];
}

async function waitForZoom(page: Page, text: string): Promise<void> {
  await page.waitForSelector(`.zoom [role=status]:text-is("${text}")`);
}

describe('the curves of a run', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('are zoomed and moved by keys, all together, and stay so while the run goes on', async () => {
    await withRun(
      browser,
      async ({ page, run, webview }) => {
        assert.equal(await page.locator('[data-command=resetZoom]').count(), 0);
        await page.focus(PLOT);
        await page.keyboard.press('+');
        await waitForZoom(page, 'steps 85–170 of 170');
        await page.keyboard.press('ArrowLeft');
        await waitForZoom(page, 'steps 77–162 of 170');
        assert.deepEqual(await shown(page), [77, 162]);
        run.advance(recordedLines.length);
        await waitForZoom(page, 'steps 77–162 of 200');
        const { view } = (await webview.state()) as { view: { zoom: number[] } };
        assert.deepEqual(view.zoom, [76.5, 161.5]);
        await page.keyboard.press('0');
        await page.locator('[data-command=resetZoom]').waitFor({ state: 'detached' });
        assert.deepEqual(await shown(page), [0, 200]);
      },
      RUNNING,
    );
  });

  it('begin in the first screen, below the losses, and nothing is cut, at every width', async () => {
    await withRun(browser, async ({ page }) => {
      // The panel of a window of 900, 1400 and 1920 pixels beside its side bar; so much of the first curves is to be seen.
      for (const [width, height, seen] of [
        [530, 590, 120],
        [1030, 790, 180],
        [1560, 970, 180],
      ] as const) {
        await page.setViewportSize({ width, height });
        // Charts take their new size a frame later.
        await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth);
        const found = await page.evaluate(() => {
          const overhang = ({ scrollWidth, clientWidth }: Element): number => scrollWidth - clientWidth;
          const boxes = [document.documentElement, ...document.querySelectorAll('.loss-table')];
          const rows = [...document.querySelectorAll('.plot')].map((plot) => plot.getBoundingClientRect());
          return {
            cut: boxes.map(overhang),
            seen: innerHeight - (rows[0]?.top ?? Infinity),
            inRow: rows.filter(({ top }) => top === rows[0]?.top).length,
          };
        });
        await takePicture(page, `run-${String(width)}`);
        const about = `${String(width)} × ${String(height)}: ${JSON.stringify(found)}`;
        assert.deepEqual(found.cut, [0, 0], about);
        assert.ok(found.seen >= seen, about);
        assert.equal(found.inRow, width < 800 ? 1 : width < 1500 ? 2 : 3, about);
      }
    });
  });

  it('stay where they are while stages come and go', async () => {
    for (const width of [530, 1030]) {
      await withRun(
        browser,
        async ({ page, run }) => {
          const top = (): Promise<number | undefined> =>
            page
              .locator('.toolbar')
              .first()
              .boundingBox()
              .then((box) => box?.y);
          const before = await top();
          run.progress('evaluating', 0.9, 'general loss, batch 19 of 20');
          await page.waitForSelector('.progress-text:has-text("batch 19 of 20")');
          assert.equal(await top(), before);
        },
        {
          width,
          before: (run) => {
            run.trainer();
            run.advance(recordedLine('"step":50,'));
          },
        },
      );
    }
  });

  it('have their values read under the pointer, in all charts together', async () => {
    await withRun(
      browser,
      async ({ page }) => {
        const box = await page.locator('.wide .plot').boundingBox();
        assert.ok(box !== null);
        await page.mouse.move(box.x + box.width - 14, box.y + 50);
        await page.waitForSelector('.wide .reading:has-text("step 200")');
        const readings = await page.locator('.reading').allInnerTexts();
        assert.equal(readings[0], 'step 200 · 0.9626 (−1.4670)');
        assert.equal(readings[1], 'step 200 · 1.0548 (+0.4332)');
        await page.mouse.move(box.x + 5, box.y + box.height + 14);
        await page.waitForSelector('.wide .reading:has-text(", means of 20 steps")');
      },
      { height: 1200 },
    );
  });

  it('have the scores of the tasks beside them, with intervals, also as a table', async () => {
    await withRun(
      browser,
      async ({ page }) => {
        const chart = page.locator('adept-curve-chart', { hasText: 'mmlu' });
        assert.equal(await chart.locator('.reading').innerText(), '41.0 % (from 31.0 %, may be chance)');
        assert.equal(
          await chart.locator('.plot').getAttribute('aria-valuetext'),
          'step 200 · 41.0 % (31.9 % to 50.8 %)',
        );
        const open = page.locator('adept-curve-chart', { hasText: 'gsm8k' });
        assert.equal(
          await open.locator('.reading').innerText(),
          'strict 78.3 % (from 3.3 %) · flexible 91.7 % (from 8.3 %)',
        );
        await page.getByRole('button', { name: 'Show as table' }).click();
        const rows = page.getByRole('region', { name: 'Scores' }).locator('tbody tr');
        assert.equal(await rows.count(), 12);
        assert.match(
          (await rows.last().innerText()).replace(/\s+/g, ' '),
          /^200 gsm8k 60 strict 78\.3 % \(66\.4 to 86\.9 %\) flexible 91\.7 % \(81\.9 to 96\.4 %\)$/,
        );
      },
      {
        before: (run) => {
          run.finish();
          run.scored();
        },
      },
    );
  });

  it('are zoomed by dragging, and by the wheel where that is meant; other turns scroll the page', async () => {
    await withRun(
      browser,
      async ({ page }) => {
        const box = await page.locator(PLOT).boundingBox();
        assert.ok(box !== null);
        const [middle, y] = [box.x + box.width / 2, box.y + 80];
        await page.mouse.move(middle, y);
        await page.mouse.wheel(0, 100);
        await page.waitForFunction(() => window.scrollY > 0);
        assert.deepEqual(await shown(page), [0, 170]);
        await page.mouse.wheel(0, -400);
        await page.waitForFunction(() => window.scrollY === 0);
        await page.mouse.move(middle - 200, y);
        await page.mouse.down();
        await page.mouse.move(middle, y, { steps: 3 });
        await page.mouse.move(middle + 200, y);
        await page.mouse.up();
        await page.waitForSelector('[data-command=resetZoom]');
        const brushed = await shown(page);
        const width = (brushed[1] ?? 0) - (brushed[0] ?? 0);
        assert.ok(Math.abs(width - (400 / (box.width - 40)) * 170) < 6, brushed.join());

        await page.keyboard.down('Shift');
        await page.mouse.down();
        await page.mouse.move(middle + 300, y, { steps: 3 });
        await page.mouse.up();
        await page.keyboard.up('Shift');
        const moved = await shown(page);
        assert.ok((moved[0] ?? 0) < (brushed[0] ?? 0), `${moved.join()} lies before ${brushed.join()}`);
        assert.ok(Math.abs((moved[1] ?? 0) - (moved[0] ?? 0) - width) <= 1, `${moved.join()} is as wide`);

        // It has the focus since it was pressed.
        await page.mouse.wheel(0, -120);
        await page.waitForFunction(
          (before) => Number(document.querySelector('.wide .plot')?.ariaValueMax) < before - 1,
          moved[1] ?? 0,
        );
        assert.equal(await page.evaluate(() => window.scrollY), 0);
        await page.click('[data-command=resetZoom]');
        await page.waitForSelector('.plot:focus');
        assert.deepEqual(await shown(page), [0, 170]);
      },
      { ...RUNNING, height: 700 },
    );
  });

  it('tell what happened at a mark, to the pointer and to keys, and in the table', async () => {
    await withRun(
      browser,
      async ({ page, webview }) => {
        const labels = await page.locator('.mark-legend button').allInnerTexts();
        assert.deepEqual(
          labels.map((text) => text.replace(/\s+/g, ' ')),
          [
            'Checkpoints 4',
            'Rate changes 1',
            'Refreshes of importance 9',
            'Resumes 1',
            'Responses to forgetting 2',
          ],
        );
        await page.click('[data-mark=refresh]');
        await page.focus(PLOT);
        await page.keyboard.press('Home');
        await page.keyboard.press('m');
        await page.waitForSelector('.mark-tip:has-text("Base learning rate changed")');
        assert.match(
          (await page.getAttribute(PLOT, 'aria-valuetext')) ?? '',
          /^step 50 .*changed; 1\.00e-3 → 5\.00e-4$/,
        );
        await page.keyboard.press('m');
        await page.waitForSelector('.mark-tip:has-text("Step 93 → 80")');
        await page.keyboard.press('m');
        const tip = page.locator('.mark-tip');
        await page.waitForSelector('.mark-tip:has-text("lowered against forgetting")');
        assert.match(await tip.innerText(), /5\.00e-4 → 2\.50e-4\s+Because: general loss is 0\.8512 nats/);

        const box = await page.locator('adept-curve-chart:nth-of-type(4) .plot').boundingBox();
        assert.ok(box !== null);
        const frozen = page.locator(
          'adept-curve-chart:nth-of-type(4) .mark-tip:has-text("4.mlp.up_proj, 4.mlp.down_proj")',
        );
        for (let x = box.x + box.width * 0.7; x < box.x + box.width && (await frozen.count()) === 0; x += 5) {
          await page.mouse.move(x, box.y + 60);
        }
        assert.equal(await frozen.count(), 1);
        await takePicture(page.locator('adept-curve-chart:nth-of-type(4)'), 'run-mark-tip');

        await page.click('vscode-button:has-text("Show as table")');
        const rows = page.locator('table.texts tbody tr');
        assert.equal(await rows.count(), 13);
        assert.match(await rows.nth(12).innerText(), /^160\s+Importance and rates refreshed/);
        const { view } = (await webview.state()) as { view: { hiddenMarks: string[] } };
        assert.deepEqual(view.hiddenMarks, ['refresh']);
      },
      RUNNING,
    );
  });

  it('are smoothed as far as the slider says, and not at all at 0', async () => {
    await withRun(browser, async ({ page }) => {
      const reading = async (): Promise<string> => (await page.getAttribute(PLOT, 'aria-valuetext')) ?? '';
      assert.match(await reading(), /each step 1\.1678 · smoothed 0\.9/);
      await page.locator('.smoothing input').fill('0.5');
      await page.waitForSelector('.smoothing output:text-is("0.50")');
      assert.match(await reading(), /each step 1\.1678 · smoothed 1\.0/);
      await page.locator('.smoothing input').fill('0');
      await page.waitForSelector('.smoothing output:text-is("off")');
      assert.equal(await reading(), 'step 200 · 1.1678');
    });
  });

  it('are saved: all steps by the extension, the picture as it is shown', async () => {
    await withRun(
      browser,
      async ({ page, webview }) => {
        await page.click('vscode-button:has-text("Export CSV…")');
        await webview.waitForMessage('saveCurves');
        await page.click('vscode-button:has-text("Export PNG…")');
        const { png } = await webview.waitForMessage('savePicture');
        const picture = Buffer.from(String(png), 'base64');
        // Width and height of the header of a PNG.
        assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20) > 1200], [2400, true]);
        if (PICTURES_WANTED) {
          writeFileSync(picturePath('run-exported.png'), picture);
        }
        await webview.send({ type: 'saved', file: '/runs/clinical-notes-curves.png' });
        await page.waitForSelector('[role=status]:has-text("Saved: /runs/clinical-notes-curves.png")');
      },
      { ...RUNNING, view: { zoom: [20, 150] } },
    );
  });
});
