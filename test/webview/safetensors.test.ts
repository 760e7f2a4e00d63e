import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import type { TensorRow } from '../../src/shared/model/tensorTable';
import {
  ROWS_PER_MESSAGE,
  type SafetensorsView,
  type WeightFileFacts,
} from '../../src/shared/webview/safetensors';
import type { Theme } from './support/themes';
import { launchChromium, noChromium, WebviewPage, type WebviewOptions } from './support/webviewPage';

const FACTS: WeightFileFacts = {
  file: '/models/big/model.safetensors',
  fileBytes: 1_000_000,
  headerBytes: 5000,
  metadata: [{ key: 'format', value: 'pt' }],
  problems: [],
  added: [{ layer: 3, source: 2 }],
  tensors: 0,
};

const UNITS = ['self_attn.q_proj', 'self_attn.o_proj', 'mlp.up_proj', 'mlp.down_proj'];

/** Tensors of a model of `layers` layers, four to a layer, each of 100 × (layer + 1) BF16 values; the last is F32. */
function tensors(layers: number): TensorRow[] {
  return Array.from({ length: layers * UNITS.length }, (_, index): TensorRow => {
    const layer = Math.floor(index / UNITS.length);
    return {
      name: `model.layers.${layer}.${UNITS[index % UNITS.length] ?? ''}.weight`,
      dtype: index === layers * UNITS.length - 1 ? 'F32' : 'BF16',
      shape: [100, layer + 1],
      byteOffset: 5008 + index * 1000,
      byteLength: 200 * (layer + 1),
      added: layer === 3,
      problem: null,
    };
  });
}

describe('the editor of weight files', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  /** The page with a file in it. */
  async function show(
    t: TestContext,
    rows: readonly TensorRow[],
    facts: Partial<WeightFileFacts> = {},
    options: WebviewOptions = {},
  ): Promise<WebviewPage> {
    const page = await WebviewPage.open(browser, 'safetensors', options);
    t.after(() => page.close());
    await page.waitForMessage('ready');
    await page.send({ type: 'file', facts: { ...FACTS, tensors: rows.length, ...facts } });
    for (let begin = 0; begin < rows.length; begin += ROWS_PER_MESSAGE) {
      await page.send({ type: 'rows', rows: rows.slice(begin, begin + ROWS_PER_MESSAGE) });
    }
    await page.page.waitForSelector('main h1');
    return page;
  }

  /** Names in the rows that are drawn, from the top. */
  function drawnNames({ page }: WebviewPage): Promise<string[]> {
    return page.locator('tr[data-index] .tensor-name').allTextContents();
  }

  function fact({ page }: WebviewPage, term: string): Promise<string> {
    return page.locator(`dt:text-is(${JSON.stringify(term)}) + dd`).innerText();
  }

  it('shows what the file is, its tensors, and what was added', async (t) => {
    const page = await show(t, tensors(6));
    assert.equal(await page.page.locator('h1').innerText(), 'model.safetensors');
    assert.equal(await fact(page, 'Tensors'), '24');
    // 4 × 100 × (1 + 2 + … + 6)
    assert.equal(await fact(page, 'Parameters'), '8,400');
    assert.equal(await fact(page, 'File'), '1 MB');
    assert.equal(await fact(page, 'Header'), '5 kB');
    assert.equal(await fact(page, 'Added layers'), '3 (copy of 2): 1,600, 19%');
    assert.equal(await fact(page, 'format'), 'pt');
    const types = await page.page.locator('.totals tbody tr').allInnerTexts();
    assert.deepEqual(
      types.map((row) => row.split(/\s+/)),
      [
        ['BF16', '23', '7,800', '15.6', 'kB'],
        ['F32', '1', '600', '1.2', 'kB'],
      ],
    );
    const cells = await page.page.locator('tr[data-index="13"] td').allInnerTexts();
    assert.deepEqual(
      cells.map((cell) => cell.replace(/\s+/g, ' ')),
      ['model.layers.3.self_attn.o_proj.weight added', 'BF16', '[100, 4]', '400', '800 B', '18,008'],
    );
    assert.deepEqual(page.complaints, []);
  });

  it('filters as one types, by type, and to added layers, and says how many are shown', async (t) => {
    const page = await show(t, tensors(6));
    await page.page.fill('input[type=search]', 'layers.4 o_proj');
    assert.deepEqual(await drawnNames(page), ['model.layers.4.self_attn.o_proj.weight']);
    assert.equal(await page.page.locator('.shown').innerText(), '1 of 24 tensors, 500 parameters');
    await page.page.fill('input[type=search]', '');
    await page.page.selectOption('select', 'F32');
    assert.deepEqual(await drawnNames(page), ['model.layers.5.mlp.down_proj.weight']);
    await page.page.selectOption('select', '');
    await page.page.check('text=Added layers only');
    assert.equal((await drawnNames(page)).length, 4);
    assert.equal(await page.page.locator('[role=status]').innerText(), '4 of 24 tensors, 1,600 parameters');
    await page.page.fill('input[type=search]', 'no such');
    assert.deepEqual(await drawnNames(page), []);
  });

  it('sorts by every column, both ways, and says so to screen readers', async (t) => {
    const page = await show(t, tensors(12));
    const sort = async (title: string): Promise<string | null> => {
      await page.page.click(`[role=grid] th button:has-text("${title}")`);
      return page.page.locator(`[role=grid] th:has-text("${title}")`).getAttribute('aria-sort');
    };
    const first = async (): Promise<string | undefined> => (await drawnNames(page))[0];
    assert.equal(await sort('Name'), 'ascending');
    assert.equal(await first(), 'model.layers.0.mlp.down_proj.weight');
    assert.equal(await sort('Name'), 'descending');
    assert.equal(await first(), 'model.layers.11.self_attn.q_proj.weight');
    await sort('Size');
    assert.equal(await sort('Size'), 'descending');
    assert.equal(await first(), 'model.layers.11.self_attn.q_proj.weight');
    assert.equal(
      await page.page.locator('[role=grid] th:has-text("Name")').getAttribute('aria-sort'),
      'none',
    );
    await sort('Offset');
    assert.equal(await first(), 'model.layers.0.self_attn.q_proj.weight');
  });

  it('draws no more rows than are in sight, of ten thousand tensors', async (t) => {
    const rows = tensors(2500);
    const page = await show(t, rows);
    await page.page.waitForFunction(
      () => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === '10001',
    );
    assert.ok((await page.page.locator('tr[data-index]').count()) < 100);
    await page.page.focus('[role=grid]');
    await page.page.keyboard.press('End');
    const last = page.page.locator('tr[data-index="9999"]');
    await last.waitFor();
    assert.equal(await last.getAttribute('aria-rowindex'), '10001');
    assert.ok((await page.page.locator('tr[data-index]').count()) < 100);
    const inSight = await last.evaluate((row) => {
      const scroller = row.closest('.tensor-scroll')?.getBoundingClientRect();
      const { top, bottom } = row.getBoundingClientRect();
      return scroller !== undefined && top >= scroller.top && bottom <= scroller.bottom + 1;
    });
    assert.ok(inSight, 'the last row is not in sight');
    await page.page.fill('input[type=search]', 'layers.2499.');
    assert.equal((await drawnNames(page)).length, 4);
  });

  it('does everything by keyboard: filter, sort, move, copy', async (t) => {
    const page = await show(t, tensors(40));
    const { keyboard } = page.page;
    const focused = (): Promise<string | null> =>
      page.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);
    await keyboard.press('Tab');
    assert.equal(await focused(), 'Filter by name, type or shape');
    await keyboard.type('q_proj');
    for (let presses = 0; (await focused()) !== 'Tensors' && presses < 12; presses++) {
      await keyboard.press('Tab');
    }
    assert.equal(await focused(), 'Tensors');
    const active = (): Promise<string> => page.page.locator('tr.active .tensor-name').innerText();
    assert.equal(await active(), 'model.layers.0.self_attn.q_proj.weight');
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowUp');
    assert.equal(await active(), 'model.layers.1.self_attn.q_proj.weight');
    const descendant = await page.page.locator('[role=grid]').getAttribute('aria-activedescendant');
    assert.equal(await page.page.locator('tr.active').getAttribute('id'), descendant);
    assert.match(
      await page.page.locator('#tensor-detail').innerText(),
      /^model\.layers\.1\.self_attn\.q_proj\.weight: BF16 \[100, 2\]; 400 bytes from byte 9,008$/,
    );
    await keyboard.press('Enter');
    assert.equal((await page.waitForMessage('copy')).text, 'model.layers.1.self_attn.q_proj.weight');
    await keyboard.press('End');
    assert.equal(await active(), 'model.layers.39.self_attn.q_proj.weight');
    await keyboard.press('PageUp');
    await keyboard.press('Home');
    assert.equal(await active(), 'model.layers.0.self_attn.q_proj.weight');
  });

  it('shows what is broken and what can be read of it', async (t) => {
    const rows = tensors(3).map((row, index) =>
      index === 11 ? { ...row, problem: 'its bytes lie outside the file: copy it again.' } : row,
    );
    const problems = ['/models/big/model.safetensors: tensor "x": its bytes lie outside the file.'];
    const page = await show(t, rows, { problems });
    assert.match(
      await page.page.locator('[role=alert]').innerText(),
      /its bytes lie outside the file\.\n+What can be read/,
    );
    await page.page.check('text=Broken only');
    assert.deepEqual(await drawnNames(page), ['model.layers.2.mlp.down_proj.weight']);
    assert.match(await page.page.locator('#tensor-detail').innerText(), /copy it again\.$/);
    await page.send({
      type: 'file',
      facts: { ...FACTS, fileBytes: null, headerBytes: null, problems, added: [] },
    });
    await page.page.waitForFunction(() => document.querySelector('[role=grid]') === null);
    assert.equal(await fact(page, 'File'), '–');
    assert.ok(!(await page.page.locator('[role=alert]').innerText()).includes('What can be read'));
    assert.deepEqual(page.complaints, []);
  });

  it('hands out what is shown as CSV, and says where it was saved', async (t) => {
    const page = await show(t, tensors(6));
    await page.page.fill('input[type=search]', 'layers.3 up_proj');
    await page.page.click('text=Save as CSV');
    const { text } = await page.waitForMessage('saveCsv');
    assert.equal(
      text,
      'name,dtype,shape,parameters,bytes,offset,added,problem\r\n' +
        'model.layers.3.mlp.up_proj.weight,BF16,100×4,400,800,19008,yes,\r\n',
    );
    await page.send({ type: 'saved', file: '/tmp/tensors.csv' });
    await page.page.waitForFunction(
      () => document.querySelector('[role=status]')?.textContent === 'Saved: /tmp/tensors.csv',
    );
  });

  it('finds filter, sorting and scroll position again after it was hidden', async (t) => {
    const view: SafetensorsView = {
      filter: { text: 'q_proj', dtype: '', only: 'all' },
      sort: { column: 'byteLength', descending: true },
      scroll: 1000,
    };
    const page = await show(t, tensors(500), {}, { state: { source: null, view } });
    await page.page.waitForFunction(() => (document.querySelector('.tensor-scroll')?.scrollTop ?? 0) >= 999);
    assert.equal(await page.page.inputValue('input[type=search]'), 'q_proj');
    const names = await drawnNames(page);
    assert.ok(names.every((name) => name.includes('q_proj')));
    assert.ok(!names.includes('model.layers.499.self_attn.q_proj.weight'), 'it is not scrolled');
  });

  for (const theme of ['light', 'dark', 'high-contrast'] satisfies Theme[]) {
    it(`has no serious accessibility fault and no violation of the policy (${theme})`, async (t) => {
      const rows = tensors(30).map((row, index) =>
        index === 2 ? { ...row, problem: 'torn: copy it.' } : row,
      );
      const metadata = Array.from({ length: 12 }, (_, index) => ({
        key: `key ${index}`,
        value: 'x'.repeat(200),
      }));
      const page = await show(t, rows, { metadata, problems: ['torn: copy it.'] }, { theme });
      await page.page.focus('[role=grid]');
      await page.page.keyboard.press('ArrowDown');
      assert.deepEqual(await page.accessibilityFaults(), []);
      assert.deepEqual(page.complaints, []);
    });
  }
});
