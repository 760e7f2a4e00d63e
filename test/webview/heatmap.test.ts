import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { TEXT_CONTRAST } from '../../src/shared/heatmap/ink';
import { lowestLayers } from '../../src/shared/layerChoice';
import { parseLaunchText } from '../../src/shared/launch/launchConfig';
import { FromHeatmap } from '../../src/shared/webview/heatmap';
import { HeatmapView } from '../../webview/heatmap/heatmapView';
import { heatmapContent } from '../support/heatmapContent';
import { projectRoot } from '../support/projectRoot';
import { THEMES, type Theme } from '../support/themes';
import { launchChromium, noChromium, WebviewPage, type WebviewOptions } from '../support/webviewPage';

const THEME_NAMES = Object.keys(THEMES) as Theme[];
/** Pictures of the page for people to look at. */
const PICTURES = join(projectRoot, 'out/test/pictures');

describe('the heatmap page', { skip: noChromium ?? false }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
    mkdirSync(PICTURES, { recursive: true });
  });

  after(async () => {
    await browser.close();
  });

  /** Opens the page, says what is to be shown, and looks for complaints of the browser in the end. */
  async function withPage(
    work: (webview: WebviewPage) => Promise<void>,
    options: WebviewOptions & { readonly content?: Record<string, unknown> } = {},
  ): Promise<void> {
    const webview = await WebviewPage.open(browser, 'heatmap', options);
    try {
      await webview.waitForMessage('ready');
      await webview.send(options.content ?? heatmapContent());
      await webview.page.waitForSelector('main h1');
      await work(webview);
      assert.deepEqual(webview.complaints, []);
      for (const message of await webview.sent()) {
        assert.ok(message.type === 'ready' || v.is(FromHeatmap, message), JSON.stringify(message));
      }
    } finally {
      await webview.close();
    }
  }

  const summaryOf = (webview: WebviewPage): Promise<string> => webview.page.innerText('.summary');

  it('can be worked with the keyboard alone, from the first cell to the launched run', async () => {
    await withPage(async (webview) => {
      const { page } = webview;
      const before = await summaryOf(webview);
      await page.locator('table [tabindex="0"]').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Space');
      const one = await summaryOf(webview);
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const two = await summaryOf(webview);
      assert.equal(new Set([before, one, two]).size, 3);
      assert.match(two, /layers 1 and 2: 5 layers become 7/);
      assert.deepEqual(
        (
          await webview.waitForMessage('marked', ({ layers }) =>
            v.is(v.tuple([v.literal(1), v.literal(2)]), layers),
          )
        ).layers,
        [1, 2],
      );
      assert.deepEqual(
        await page
          .locator('tr[aria-selected="true"]')
          .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.layer)),
        ['1', '2'],
      );

      // To the form by Tab alone.
      for (
        let press = 0;
        press < 20 &&
        !(await page.locator('#field-name').evaluate((field) => field === document.activeElement));
        press++
      ) {
        await page.keyboard.press('Tab');
      }
      const type = async (id: string, text: string): Promise<void> => {
        await page.keyboard.press('Tab');
        if (!(await page.locator(`#field-${id}`).evaluate((field) => field === document.activeElement))) {
          await page.keyboard.press('Tab');
        }
        await page.keyboard.type(text);
        assert.equal(await page.inputValue(`#field-${id}`), text);
      };
      await type('domain', 'texts/domain.jsonl');
      await page.locator('#field-steps').focus();
      await page.keyboard.type('0');
      const error = page.locator('#field-steps-problem');
      assert.equal(await error.innerText(), 'Give a whole number of at least 1.');
      assert.equal(await page.getAttribute('#field-steps', 'aria-invalid'), 'true');
      assert.match(
        (await page.getAttribute('#field-steps', 'aria-describedby')) ?? '',
        /field-steps-problem/,
      );
      await page.keyboard.press('Backspace');
      await page.keyboard.type('200');
      assert.equal(await error.count(), 0);
      await page.keyboard.press('Tab');
      await page.keyboard.type('1e-3');
      assert.match(
        await page.innerText('.preview p'),
        /^Copy layers 1 and 2, train [\d,]+ parameters for 200 steps on domain\.jsonl\.$/,
      );
      await page.keyboard.press('Enter');
      const launch = v.parse(FromHeatmap, await webview.waitForMessage('launch'));
      assert.ok(launch.type === 'launch');
      const config = parseLaunchText(launch.text, 'launch');
      assert.deepEqual(config.expand, { layers: [1, 2] });
      assert.deepEqual(config.domain, ['texts/domain.jsonl']);
      assert.deepEqual([config.tune.steps, config.tune.learningRate], [200, 1e-3]);
      await webview.send({ type: 'launched', file: '/space/tune-1.adept.json' });
      await page.waitForSelector('#launch-outcome:has-text("/space/tune-1.adept.json")');
    });
  });

  it('moves the focus without drawing anything again, and describes the cell', async () => {
    await withPage(async ({ page }) => {
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
      assert.ok(detail.includes(`Layer 0, input_layernorm: ${String(value)}; rank `), detail);
      assert.equal(await page.locator('table [tabindex="0"]').count(), 1);
    });
  });

  it('leads to every corner by keys, and sorts from the headings', async () => {
    await withPage(async ({ page }) => {
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
      for (const [key, place] of steps) {
        await page.keyboard.press(key);
        assert.equal(await at(), place, key);
      }
      const order = (): Promise<string[]> =>
        page
          .locator('tbody tr')
          .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.layer ?? ''));
      const sorted = [...heatmapContent().importance.layers]
        .sort((a, b) => a.importance - b.importance)
        .map(({ index }) => String(index));
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
    await withPage(async (webview) => {
      const { page } = webview;
      const price = (): Promise<string> => page.innerText('.price');
      const free = await price();
      await page.fill('#lowest', '3');
      await page.click('button:has-text("Suggest")');
      const { importance } = heatmapContent();
      const expected = lowestLayers(importance, 3, 5, 'x');
      const marked = await page
        .locator('tr[aria-selected="true"]')
        .evaluateAll((rows) => rows.map((row) => Number((row as HTMLElement).dataset.layer)));
      assert.deepEqual(marked, expected);
      const dear = await price();
      assert.notEqual(dear, free);
      await page
        .locator(`tr[data-layer="${String(expected[0])}"] td`)
        .first()
        .click();
      const cheaper = await price();
      assert.equal(new Set([free, dear, cheaper]).size, 3);
      await page.click('button:has-text("Clear")');
      assert.equal(await price(), free);
      await page.fill('#lowest', '6');
      assert.equal(await page.innerText('#lowest-problem'), 'Give a whole number from 1 to 5.');
      assert.ok(await page.isDisabled('button:has-text("Suggest")'));
    });
  });

  it('shows all values as a plain table, and exports them', async () => {
    await withPage(async (webview) => {
      const { page } = webview;
      await page.click('button:has-text("Show as table")');
      assert.equal(await page.locator('[role="grid"]').count(), 0);
      const { importance } = heatmapContent();
      const cells = await page.locator('table.values tbody tr').nth(2).locator('th, td').allInnerTexts();
      const units = importance.units
        .filter(({ layer }) => layer === 2)
        .map((unit) => String(unit.importance));
      assert.deepEqual(cells, ['2', String(importance.layers[2]?.importance), '1', ...units]);
      await page.click('button:has-text("Export CSV")');
      const { text } = await webview.waitForMessage('saveCsv');
      assert.equal(String(text).split('\r\n').length, 7);
      await page.click('button:has-text("Show as table")');
      await page.click('button:has-text("Export PNG")');
      const { png } = await webview.waitForMessage('savePicture');
      const file = Buffer.from(String(png), 'base64');
      assert.equal(file.subarray(1, 4).toString('latin1'), 'PNG');
      writeFileSync(join(PICTURES, 'heatmap-export.png'), file);
      await webview.send({ type: 'saved', file: '/tmp/a.png' });
      await page.waitForSelector('.note:has-text("Saved: /tmp/a.png")');
    });
  });

  it('colours by the chosen scale; zero and negative values are marked as off a logarithmic one', async () => {
    const content = heatmapContent();
    const units = content.importance.units.map((unit, index) =>
      index < 2 ? { ...unit, importance: -index } : unit,
    );
    await withPage(
      async ({ page }) => {
        const classes = (): Promise<string[]> =>
          page.locator('tbody td').evaluateAll((cells) => cells.map((cell) => cell.className));
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
    await withPage(async (webview) => {
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
    await withPage(
      async ({ page }) => {
        assert.equal(await page.inputValue('#scale'), 'rank');
        assert.equal(await page.locator('tr[aria-selected="true"]').getAttribute('data-layer'), '3');
        assert.equal(await page.locator('thead th').nth(2).getAttribute('aria-sort'), 'ascending');
        assert.equal(await page.inputValue('#field-steps'), '77');
        await page.waitForFunction(() => window.scrollY === 150);
      },
      { state },
    );
  });

  it('says which files are missing as the host finds them, and starts nothing before they are there', async () => {
    await withPage(async (webview) => {
      const { page } = webview;
      await page.locator('tr[data-layer="3"] th').click();
      await page.click('button:has-text("Browse")');
      assert.equal((await webview.waitForMessage('pick')).field, 'domain');
      await webview.send({ type: 'picked', field: 'domain', paths: ['/data/a.txt', '/data/b.pdf'] });
      await webview.waitForMessage(
        'check',
        ({ files }) => v.is(v.array(v.string()), files) && files.includes('/data/b.pdf'),
      );
      assert.equal(await page.inputValue('#field-domain'), '/data/a.txt\n/data/b.pdf');
      const problem = '/data/b.pdf: a corpus file ends in .txt, not ".pdf": convert it.';
      await webview.send({
        type: 'checked',
        name: { text: 'tune-1', problem: null },
        files: [
          { path: '/data/a.txt', problem: null },
          { path: '/data/b.pdf', problem },
        ],
      });
      await page.waitForSelector('#field-domain-problem');
      assert.equal(await page.innerText('#field-domain-problem'), problem);
      await page.fill('#field-steps', '10');
      await page.click('button:has-text("Start tuning")');
      assert.match(await page.innerText('#launch-outcome'), /complete “Domain text” and “Learning rate”/);
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'field-domain');
      await page.fill('#field-domain', '/data/a.txt');
      await page.fill('#field-learningRate', '0.001');
      await page.click('button:has-text("Start tuning")');
      await webview.waitForMessage('launch');
      await webview.send({ type: 'notLaunched', problem: 'No room.' });
      await page.waitForSelector('#launch-outcome.error:has-text("No room.")');
    });
  });

  it('shows everything and starts nothing in Restricted Mode, and says why', async () => {
    await withPage(
      async (webview) => {
        const { page } = webview;
        await page.locator('tr[data-layer="3"] th').click();
        assert.match(await summaryOf(webview), /layer 3/);
        assert.ok(await page.isDisabled('button:has-text("Expand without tuning")'));
        assert.equal(await page.getAttribute('button:has-text("Start tuning")', 'aria-disabled'), 'true');
        assert.match(await page.innerText('#launch-outcome'), /not trusted/);
        await page.locator('button:has-text("Start tuning")').click({ force: true });
        await page.click('button:has-text("Manage Workspace Trust")');
        await webview.waitForMessage('manageTrust');
        assert.equal((await webview.sent()).filter(({ type }) => type === 'launch').length, 0);
        await webview.send({ type: 'trusted' });
        await page.waitForSelector('button:has-text("Expand without tuning"):enabled');
        await page.click('button:has-text("Expand without tuning")');
        assert.deepEqual((await webview.waitForMessage('expand')).layers, [3]);
      },
      { content: { ...heatmapContent(), trusted: false } },
    );
  });

  it('does without a price when the model is not there, and says why', async () => {
    await withPage(
      async ({ page }) => {
        await page.locator('tr[data-layer="3"] th').click();
        assert.match(
          await page.innerText('.plan'),
          /Copies of layer 3: 5 layers become 6\..*No price: \/m\/config\.json is gone/s,
        );
      },
      {
        content: {
          ...heatmapContent(),
          model: { found: false, problem: '/m/config.json is gone: analyze it again.' },
        },
      },
    );
  });

  it('shows what is wrong with a file, and the heatmap once it is put right', async () => {
    await withPage(
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
    await withPage(async ({ page }) => {
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

  for (const theme of THEME_NAMES) {
    it(`can be read in a ${theme} theme: contrast of every cell, no fault that axe finds`, async () => {
      await withPage(
        async (webview) => {
          const { page } = webview;
          await page.fill('#lowest', '2');
          await page.click('button:has-text("Suggest")');
          await page.fill('#field-steps', '0');
          await page.locator('tr[data-layer="2"] td').nth(3).focus();
          const ratios = await page.evaluate(cellContrasts);
          assert.ok(ratios.length > 40);
          assert.ok(Math.min(...ratios) >= TEXT_CONTRAST, `lowest contrast ${String(Math.min(...ratios))}`);
          assert.deepEqual(await webview.accessibilityFaults(), []);
          await page.screenshot({ path: join(PICTURES, `heatmap-${theme}.png`), fullPage: true });
          await page.click('button:has-text("Show as table")');
          assert.deepEqual(await webview.accessibilityFaults(), []);
        },
        { theme },
      );
    });
  }

  it('follows a change of theme without drawing the cells again', async () => {
    await withPage(
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
