import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { lowestLayers } from '../../src/shared/method/layerChoice';
import { HeatmapView } from '../../webview/heatmap/heatmapView';
import { formatPrecise } from '../../src/shared/heatmap/formatNumber';
import { heatmapContent } from './support/heatmapContent';
import { layersOf, markedLayers, withHeatmap } from './support/heatmapPage';
import { picturePath } from '../support/picture';
import { launchChromium, noChromium } from './support/webviewPage';

describe('the heatmap', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('moves the focus without drawing anything again, and describes the cell', async () => {
    await withHeatmap(browser, async ({ page }) => {
      await page.locator('table [tabindex="0"]').focus();
      await page.evaluate(() => {
        const changes: string[] = [];
        const grid = document.querySelector('table');
        if (grid !== null) {
          new MutationObserver((records) => {
            changes.push(...records.map(({ type, attributeName }) => `${type} ${attributeName ?? ''}`));
          }).observe(grid, { subtree: true, childList: true, attributes: true, characterData: true });
        }
        Object.assign(window, { changes });
      });
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      const changes = await page.evaluate(() => (window as unknown as { changes: string[] }).changes);
      assert.deepEqual([...new Set(changes)].sort(), ['attributes aria-describedby', 'attributes tabindex']);
      assert.equal(changes.length, 8);
      const described = page.locator('td:focus');
      assert.equal(await described.getAttribute('aria-describedby'), 'cell-detail');
      const detail = await page.innerText('#cell-detail');
      const { importance } = heatmapContent();
      const value = importance.units.find(
        ({ layer, name }) => layer === 0 && name === 'input_layernorm',
      )?.importance;
      assert.ok(detail.includes(`Layer 0, input_layernorm: ${formatPrecise(value ?? NaN)}; rank `), detail);
      assert.equal(await page.locator('table [tabindex="0"]').count(), 1);
    });
  });

  it('says that there are more columns than fit', async () => {
    await withHeatmap(
      browser,
      async ({ page }) => {
        const hint = page.locator('.grid-hint');
        const isMore = (): Promise<boolean> => page.locator('adept-heat-grid[data-more]').isVisible();
        await hint.waitFor();
        assert.ok(await isMore());
        await page.locator('.grid-scroll').evaluate((box) => {
          box.scrollLeft = box.scrollWidth;
        });
        await page.waitForSelector('adept-heat-grid:not([data-more])');
        assert.ok(await hint.isVisible(), 'nothing moves while it is scrolled');
        await page.setViewportSize({ width: 1920, height: 1080 });
        await hint.waitFor({ state: 'hidden' });
      },
      { width: 1100 },
    );
  });

  it('leads to every corner by keys, and sorts from the headings', async () => {
    await withHeatmap(browser, async ({ page }) => {
      const at = (): Promise<string> =>
        page.evaluate(() => {
          const cell = document.activeElement;
          return cell instanceof HTMLTableCellElement
            ? `${String(cell.closest('tr')?.rowIndex)},${String(cell.cellIndex)}`
            : 'elsewhere';
        });
      await page.locator('table [tabindex="0"]').focus();
      assert.equal(await at(), '1,0');
      const steps: [string, string][] = [
        ['Control+End', '5,10'],
        ['Home', '5,0'],
        ['PageUp', '1,0'],
        ['PageDown', '5,0'],
        ['ArrowDown', '5,0'],
        ['Control+Home', '0,0'],
        ['ArrowRight', '0,1'],
      ];
      for (const [key, cell] of steps) {
        await page.keyboard.press(key);
        assert.equal(await at(), cell, key);
      }
      const order = (): Promise<number[]> => layersOf(page, 'tbody tr');
      const sorted = [...heatmapContent().importance.layers]
        .sort((a, b) => a.importance - b.importance)
        .map(({ index }) => index);
      await page.keyboard.press('Enter');
      assert.deepEqual(await order(), sorted);
      assert.equal(await page.locator('th:focus').getAttribute('aria-sort'), 'ascending');
      await page.keyboard.press('Space');
      assert.deepEqual(await order(), [...sorted].reverse());
      assert.equal(await page.locator('th:focus').getAttribute('aria-sort'), 'descending');
      assert.equal(await page.locator('th[aria-sort="none"]').count(), 10);
    });
  });

  it('suggests the least important layers, clears them, and prices every click', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      const price = (): Promise<string> => page.innerText('.price');
      const free = await price();
      await page.fill('#lowest', '3');
      await page.click('vscode-button:has-text("Suggest")');
      const { importance } = heatmapContent();
      const expected = lowestLayers(importance, 3, 5, 'x');
      const marked = await markedLayers(page);
      assert.deepEqual(marked, expected);
      const dear = await price();
      assert.notEqual(dear, free);
      await page
        .locator(`tr[data-layer="${String(expected[0])}"] td`)
        .first()
        .click();
      const cheaper = await price();
      assert.equal(new Set([free, dear, cheaper]).size, 3);
      await page.click('vscode-button:has-text("Clear")');
      assert.equal(await price(), free);
      await page.fill('#lowest', '6');
      assert.equal(await page.innerText('#lowest-problem'), 'Give a whole number from 1 to 5.');
      assert.ok(await page.isDisabled('vscode-button:has-text("Suggest")'));
    });
  });

  it('presses a button once while a key is held, scrolls nothing, and suggests on Enter in the field', async () => {
    const options = { height: 400 };
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        const saved = async (): Promise<number> =>
          (await webview.sent()).filter(({ type }) => type === 'saveCsv').length;
        const scrolled = (): Promise<number> =>
          page.evaluate(() => document.scrollingElement?.scrollTop ?? NaN);
        const button = page.getByRole('button', { name: 'Export CSV…' });
        await button.focus();
        const before = await scrolled();
        for (const [index, key] of ['Enter', 'Space'].entries()) {
          await page.keyboard.down(key);
          await page.keyboard.down(key);
          await page.keyboard.up(key);
          assert.equal(await saved(), index + 1, key);
        }
        assert.equal(await scrolled(), before);
        assert.ok(await button.evaluate((element) => document.activeElement === element));

        await page.fill('#lowest', '2');
        await page.press('#lowest', 'Enter');
        assert.equal((await markedLayers(page)).length, 2);
        await page.fill('#lowest', '6');
        await page.press('#lowest', 'Enter');
        assert.equal((await markedLayers(page)).length, 2);
      },
      options,
    );
  });

  it('draws the model with its copies, and marks a layer by its block or its menu', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      const picture = page.locator('.model-column');
      assert.equal(await picture.getAttribute('aria-label'), 'The model: 5 layers, no copy');
      await page.locator('.model-layer').nth(1).click();
      await page.locator('.model-layer:not(.model-copy)').nth(3).click();
      assert.equal(
        await picture.getAttribute('aria-label'),
        'The model: 5 layers, with copies after layers 1 and 3',
      );
      const copies = await page
        .locator('.model-layer')
        .evaluateAll((blocks) => blocks.map(({ classList }) => classList.contains('model-copy')));
      assert.deepEqual(copies, [false, false, true, false, false, true, false]);
      assert.deepEqual(await markedLayers(page), [1, 3]);
      await page.locator('.model-copy').first().click();
      assert.deepEqual(await markedLayers(page), [3]);
      // As the menu of the editor answers.
      const cell = page.locator('tr[data-layer="4"] td').nth(3);
      await cell.dispatchEvent('contextmenu');
      const context: unknown = JSON.parse((await cell.getAttribute('data-vscode-context')) ?? '');
      const { layer, unit } = v.parse(v.object({ layer: v.number(), unit: v.string() }), context);
      assert.deepEqual([layer, unit], [4, 'self_attn.k_proj']);
      await webview.send({ type: 'toggleMark', layer });
      await page.waitForSelector('tr[data-layer="4"][aria-selected="true"]');
      await page.keyboard.press('Control+z');
      await page.waitForSelector('tr[data-layer="4"][aria-selected="false"]');
    });
  });

  it('shows all values as a plain table, and exports them', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      await page.click('vscode-button:has-text("Show as table")');
      assert.equal(await page.locator('[role="grid"]').count(), 0);
      const { importance } = heatmapContent();
      const cells = await page.locator('table.values tbody tr').nth(2).locator('th, td').allInnerTexts();
      const units = importance.units
        .filter(({ layer }) => layer === 2)
        .map((unit) => String(unit.importance));
      assert.deepEqual(cells, ['2', String(importance.layers[2]?.importance), '1', ...units]);
      await page.click('vscode-button:has-text("Export CSV")');
      const { text } = await webview.waitForMessage('saveCsv');
      assert.equal(String(text).split('\r\n').length, 7);
      await page.click('vscode-button:has-text("Show as table")');
      await page.click('vscode-button:has-text("Export PNG")');
      const { png } = await webview.waitForMessage('savePicture');
      const file = Buffer.from(String(png), 'base64');
      assert.equal(file.subarray(1, 4).toString('latin1'), 'PNG');
      writeFileSync(picturePath('heatmap-export.png'), file);
      await webview.send({ type: 'saved', file: '/tmp/a.png' });
      await page.waitForSelector('.note:has-text("Saved: /tmp/a.png")');
    });
  });

  it('colours by the chosen scale; zero and negative values are marked as off a logarithmic one', async () => {
    const content = heatmapContent();
    const units = content.importance.units.map((unit, index) =>
      index < 2 ? { ...unit, importance: -index } : unit,
    );
    await withHeatmap(
      browser,
      async ({ page }) => {
        const classes = (): Promise<string[]> =>
          page
            .locator('tbody td')
            .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('class') ?? ''));
        const linear = await classes();
        assert.equal(linear.filter((name) => name === 'heat-off').length, 0);
        await page.selectOption('#scale', 'log');
        const log = await classes();
        assert.equal(log.filter((name) => name === 'heat-off').length, 2);
        assert.equal(await page.locator('.legend >> text=1 value has no logarithm').count(), 2);
        await page.selectOption('#scale', 'rank');
        const rank = await classes();
        assert.notDeepEqual(rank, log);
        await page.click('.check-label');
        assert.notDeepEqual(await classes(), rank);
        assert.equal(await page.locator('.legend dt').count(), 2);
      },
      { content: { ...content, importance: { ...content.importance, units } } },
    );
  });

  it('finds everything again after it was thrown away', async () => {
    let state: unknown;
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      await page.selectOption('#scale', 'rank');
      await page.locator('tr[data-layer="3"] th').click();
      await page.locator('thead th').nth(2).click();
      await page.fill('#field-steps', '77');
      await page.evaluate(() => {
        window.scrollTo(0, 150);
      });
      await page.waitForTimeout(600);
      state = await webview.state();
    });
    assert.ok(v.is(v.object({ view: HeatmapView }), state));
    assert.equal(state.view.scroll.page, 150);
    await withHeatmap(
      browser,
      async ({ page }) => {
        assert.equal(await page.inputValue('#scale'), 'rank');
        assert.equal(await page.locator('tr[aria-selected="true"]').getAttribute('data-layer'), '3');
        assert.equal(await page.locator('thead th').nth(2).getAttribute('aria-sort'), 'ascending');
        assert.equal(await page.inputValue('#field-steps'), '77');
        // The icon font comes later, and moves what is below it by a pixel or two.
        await page.waitForFunction(() => Math.abs(window.scrollY - 150) < 4);
      },
      { state },
    );
  });

  it('shows what is wrong with a file, and the heatmap once it is put right', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        assert.equal(
          await webview.page.innerText('[role="alert"]'),
          'f.json: "units" is not usable: correct it.',
        );
        await webview.send(heatmapContent());
        await webview.page.waitForSelector('table');
        const { importance } = heatmapContent();
        await webview.send({
          ...heatmapContent(),
          importance: {
            ...importance,
            units: importance.units.slice(0, 1).concat(importance.units.slice(0, 1)),
          },
        });
        await webview.page.waitForSelector('[role="alert"]:has-text("a second time")');
      },
      { content: { type: 'broken', message: 'f.json: "units" is not usable: correct it.' } },
    );
  });

  it('has a tooltip under the pointer, which Escape hides', async () => {
    await withHeatmap(browser, async ({ page }) => {
      await page.locator('tr[data-layer="1"] td').nth(0).hover();
      const tooltip = page.locator('.cell-tooltip');
      assert.match(
        await tooltip.innerText(),
        /^Layer 1, layer importance: .*; rank 4 of 5, 1 is the lowest$/,
      );
      await page.keyboard.press('Escape');
      assert.ok(await tooltip.isHidden());
    });
  });
});
