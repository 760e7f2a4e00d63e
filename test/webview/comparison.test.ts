import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Comparison } from '../../src/shared/run/comparison';
import type { ComparisonView } from '../../src/shared/webview/comparison';
import { sampleComparison } from '../support/comparisonContent';
import type { Theme } from './support/themes';
import { launchChromium, noChromium, WebviewPage, type WebviewOptions } from './support/webviewPage';

const NO_LABELS = { a: null, b: null };

describe('the comparison panel', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  /** The page before anything is in it. */
  async function open(t: TestContext, options: WebviewOptions = {}): Promise<WebviewPage> {
    const page = await WebviewPage.open(browser, 'comparison', options);
    t.after(() => page.close());
    await page.waitForMessage('ready');
    return page;
  }

  async function show(
    t: TestContext,
    comparison: Comparison = sampleComparison(),
    options: WebviewOptions = {},
  ): Promise<WebviewPage> {
    const page = await open(t, options);
    await page.send({ type: 'show', comparison, labels: NO_LABELS });
    await page.page.waitForSelector('main h2');
    return page;
  }

  async function texts({ page }: WebviewPage, selector: string): Promise<string[]> {
    return (await page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  }

  const detail = ({ page }: WebviewPage): Promise<string> => page.locator('#cell-detail').innerText();

  it('shows metrics side by side, with differences and which is better', async (t) => {
    const page = await show(t);
    assert.equal(await page.page.locator('h1').innerText(), 'Comparison: step 10 and step 40');
    assert.deepEqual(await texts(page, '.metrics tbody tr'), [
      'Step 10 40 +30',
      'Domain loss 2.5000 2.0000 −0.5000 better',
      'General loss 1.5000 1.7500 +0.2500 worse',
      'Training loss, one batch – 2.2500 –',
      'Base learning rate 0.00100 0.00100 0',
      'Mean unit learning rate 0.00100 0.00150 +0.000500',
      'mmlu, accuracy 31.0 % 36.0 % +5.0 points may be chance',
      'gsm8k, strict 2.0 % 50.0 % +48.0 points better',
    ]);
    assert.deepEqual(page.complaints, []);
  });

  it('colours each unit by how far it moved, in numbers as well', async (t) => {
    const page = await show(t);
    assert.deepEqual(
      await texts(page, '.heatmap thead th'),
      ['layer', 'whole layer', 'input _norm', 'q _proj', 'down _proj'].map((text) => text.replace(' _', '_')),
    );
    assert.deepEqual(await texts(page, '.heatmap tbody tr'), [
      'layer 3 (copy of 2) 260% 0% 300% new',
      'layer 7 (copy of 5) (6 in B) 50.0% 50.0% 50.0% –',
    ]);
    const heats = async (): Promise<(string | null)[]> => {
      const cells = await page.page.locator('.heatmap tbody td').all();
      return Promise.all(cells.map((cell) => cell.getAttribute('class')));
    };
    // By rank at first, since matrices that began at zero are far beyond all others.
    assert.deepEqual((await heats()).slice(0, 6), [
      ...['heat-80', 'heat-0', 'heat-100', 'heat-none', 'heat-40', 'heat-40'],
    ]);
    assert.match(await page.page.innerText('main'), /What an added layer puts out starts at zero/);
    await page.page.selectOption('#scale', 'linear');
    assert.deepEqual(await heats(), [
      'heat-87',
      'heat-0',
      'heat-100',
      'heat-none',
      'heat-17',
      'heat-17',
      'heat-17',
      'heat-none',
    ]);
    assert.match((await texts(page, '.legend'))[0] ?? '', /0% 75\.0% 150% 225% 300% new zero in A/);
    assert.deepEqual(await texts(page, '.notice.info'), sampleComparison().notes);
  });

  it('shows the difference instead, and other scales, and remembers it', async (t) => {
    const page = await show(t);
    await page.page.selectOption('#measure', 'difference');
    assert.equal((await texts(page, '.heatmap tbody tr'))[0], 'layer 3 (copy of 2) 13.0 0 12.0 5.00');
    await page.page.selectOption('#scale', 'log');
    assert.equal(await page.page.locator('.heatmap tbody td').nth(1).getAttribute('class'), 'heat-off');
    const { view } = (await page.state()) as { view: ComparisonView };
    assert.equal(view.measure, 'difference');
    const again = await show(t, sampleComparison(), { state: { source: null, view } });
    assert.equal(await again.page.inputValue('#measure'), 'difference');
    assert.equal(await again.page.inputValue('#scale'), 'log');
  });

  it('is read and sorted by keyboard alone', async (t) => {
    const page = await show(t);
    const { keyboard } = page.page;
    for (let presses = 0; presses < 20; presses++) {
      await keyboard.press('Tab');
      if (await page.page.evaluate(() => document.activeElement?.closest('.heatmap') !== null)) {
        break;
      }
    }
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    assert.equal(
      await detail(page),
      'Layer 3 (copy of 2), self_attn.q_proj: relative change 300%; ‖B − A‖ = 12, ‖A‖ = 4, 16 parameters',
    );
    await keyboard.press('End');
    assert.match(
      await detail(page),
      /mlp\.down_proj: zero in A, so there is no relative change; ‖B − A‖ = 5/,
    );
    await keyboard.press('ArrowDown');
    assert.match(await detail(page), /Layer 7 .*mlp\.down_proj: not in this layer/);
    await keyboard.press('Control+Home');
    assert.match(await detail(page), /layer number: Enter sorts by it/);
    await keyboard.press('ArrowRight');
    await keyboard.press('Enter');
    // Not their inner text: rows that were just put elsewhere are laid out only when they are painted.
    const rows = (): Promise<string[]> => page.page.locator('.heatmap tbody th').allTextContents();
    assert.match((await rows())[0] ?? '', /7/);
    assert.equal(await page.page.locator('.heatmap thead th').nth(1).getAttribute('aria-sort'), 'ascending');
    await keyboard.press('Enter');
    assert.match((await rows())[0] ?? '', /3/);
  });

  it('shows all values as a table and hands them out as CSV', async (t) => {
    const page = await show(t);
    await page.page.click('text=Show as table');
    assert.deepEqual((await texts(page, '.values tbody tr'))[2], '3 3 2 mlp.down_proj 8 0 5');
    assert.equal(await page.page.locator('text=Show as table').getAttribute('aria-pressed'), 'true');
    await page.page.click('text=Export CSV');
    const { text } = await page.waitForMessage('saveCsv');
    assert.match(String(text), /^layer,layer in B,[^\r]*\r\n3,3,2,input_layernorm,2,3,0,0\r\n/);
    await page.send({ type: 'saved', file: '/tmp/a.csv' });
    await page.page.waitForFunction(
      () => document.querySelector('[role=status]')?.textContent === 'Saved: /tmp/a.csv',
    );
  });

  it('says that it compares, why it failed, and that a checkpoint is gone', async (t) => {
    const page = await open(t);
    await page.send({ type: 'working' });
    const progress = page.page.getByRole('progressbar', { name: 'Comparing checkpoints…' });
    await progress.waitFor();
    assert.equal(await progress.getAttribute('aria-valuenow'), null);
    assert.deepEqual(await page.accessibilityFaults(), []);
    assert.equal(await page.page.locator('main').getAttribute('aria-busy'), 'true');
    await page.send({ type: 'failed', message: '/runs/a/checkpoints/step-00000010 does not exist.' });
    assert.equal(
      await page.page.locator('[role=alert]').innerText(),
      '/runs/a/checkpoints/step-00000010 does not exist.',
    );
    await page.page.click('text=Compare Again');
    await page.waitForMessage('again');
    await page.send({ type: 'show', comparison: sampleComparison(), labels: { a: 'first', b: null } });
    await page.page.waitForSelector('main h2');
    assert.equal(await page.page.locator('[role=alert]').count(), 0);
    assert.match((await texts(page, '.points'))[0] ?? '', /A step 10 “first”, medical/);
    await page.send({ type: 'gone', messages: ['step-00000040 was deleted.'] });
    assert.equal(await page.page.locator('[role=alert]').innerText(), 'step-00000040 was deleted.');
    assert.equal(await page.page.locator('.heatmap').count(), 1);
    await page.send({ type: 'gone', messages: [] });
    await page.page.waitForFunction(() => document.querySelector('[role=alert]') === null);
  });

  it('asks for the tensors of a checkpoint, and for the comparison the other way round', async (t) => {
    const page = await show(t);
    await page.page.click('text=Show tensors of B');
    assert.equal((await page.waitForMessage('openTensors')).side, 'b');
    await page.page.click('text=Swap A and B');
    await page.waitForMessage('swap');
  });

  it('has no tensors of the base to show, and shows what lies outside the layers', async (t) => {
    const sample = sampleComparison();
    const page = await show(t, {
      ...sample,
      a: { ...sample.a, step: 0, base: true, createdAt: null },
      outer: [{ name: 'model.norm.weight', parameters: 64, norm: 0.1, difference: 0.02, change: 0.2 }],
    });
    assert.equal(await page.page.locator('text=Show tensors of A').count(), 0);
    assert.ok((await texts(page, '.metrics tbody tr')).includes('model.norm.weight 64 0.02 20.0%'));
  });

  for (const theme of ['light', 'dark', 'high-contrast'] satisfies Theme[]) {
    it(`has no serious accessibility fault and no violation of the policy (${theme})`, async (t) => {
      const page = await show(t, sampleComparison(), { theme });
      await page.send({ type: 'gone', messages: ['step-00000040 was deleted.'] });
      await page.page.focus('.heatmap [tabindex]');
      await page.page.keyboard.press('ArrowRight');
      assert.deepEqual(await page.accessibilityFaults(), []);
      await page.page.click('text=Show as table');
      assert.deepEqual(await page.accessibilityFaults(), []);
      assert.deepEqual(page.complaints, []);
    });
  }
});
