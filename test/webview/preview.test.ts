import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { FromPreview } from '../../src/shared/webview/preview';
import { FRAMING, PREVIEW_SOURCE, previewContent } from './support/previewContent';
import { overflow, withShownPage } from './support/shownPage';
import { launchChromium, noChromium, type WebviewOptions, type WebviewPage } from './support/webviewPage';
import { takePicture } from '../support/picture';

const SHOW = { type: 'show', source: PREVIEW_SOURCE, preview: previewContent(), trusted: true };

describe('the preview of a text', { skip: noChromium }, () => {
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
    options: WebviewOptions = {},
  ): Promise<void> {
    const page = { browser, name: 'preview', says: FromPreview, message, source: PREVIEW_SOURCE, ...options };
    return withShownPage(page, work);
  }

  it('shows counts, lengths, framing and documents, wide and narrow, in every theme', async () => {
    await shown({ ...SHOW, preview: previewContent({ framing: FRAMING }) }, async (webview) => {
      const { page } = webview;
      assert.match(await page.innerText('h1'), /notes\.jsonl as small-chat gets it/);
      assert.match(await page.innerText('dl'), /2,012[^]*1,234,567[^]*4,822 of 256 tokens[^]*0\.263/);
      await page.getByRole('button', { name: 'Token IDs' }).click();
      await page.waitForSelector('.ids');
      const wide = page.viewportSize() ?? { width: 1280, height: 900 };
      await webview.inEveryTheme(async (theme) => {
        assert.ok((await overflow(webview)) <= 0, 'wide');
        await takePicture(page, `preview-${theme}`);
        await page.setViewportSize({ width: 360, height: 800 });
        assert.ok((await overflow(webview)) <= 0, 'narrow');
        await takePicture(page, `preview-narrow-${theme}`);
        await page.setViewportSize(wide);
      });
    });
  });

  it('says what was skipped and why, what stands around documents, and what is odd about that', async () => {
    await shown(SHOW, async ({ page }) => {
      const facts = await page.innerText('.side');
      assert.match(facts, /first part of the text/);
      assert.match(facts, /14: 3 without text, 1 empty, 10 shorter than two tokens/);
      assert.match(facts, /<\|endoftext\|>\s*not <\|im_end\|>, which ends a turn of a chat/);
      const notices = await page.locator('.notice').allInnerTexts();
      assert.match(notices.join('\n'), /41 of 2,012 documents already begin with <\|im_start\|>/);
      assert.match(notices.join('\n'), /2 conversations are written out without a template/);
      assert.equal(await page.locator('.framing').count(), 0);
    });
  });

  it('marks tokens, borders and gaps so that those who listen hear them', async () => {
    await shown(SHOW, async ({ page }) => {
      const first = page.getByRole('article').first();
      assert.match(await first.innerText(), /start of the document\s+<\|im_start\|>/);
      assert.equal(await first.getByRole('separator', { name: 'sequence 2' }).count(), 1);
      assert.match(await first.innerText(), /… 8,212 tokens left out …/);
      const second = page.getByRole('article').nth(1);
      assert.match(await second.locator('.token.special').nth(1).innerText(), /special token\s+⏎⏎/);
    });
  });

  it('is worked with the keyboard: reads again, measures the framing, shows IDs and keeps that', async () => {
    await shown(SHOW, async (webview) => {
      const { page } = webview;
      const pressTo = async (name: string): Promise<void> => {
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement?.textContent.trim()), name);
        await page.keyboard.press('Enter');
      };
      await pressTo('Preview Again');
      assert.equal((await webview.waitForMessage('read')).framing, false);
      await pressTo('Measure Framing');
      await webview.waitForMessage('read', ({ framing }) => framing === true);
      await pressTo('Token IDs');
      assert.equal(await page.locator('.ids').count(), 2);
      assert.match(await page.locator('.ids').first().innerText(), /and 8,012 more/);
      assert.deepEqual(
        v.parse(v.object({ view: v.object({ ids: v.boolean() }) }), await webview.state()).view,
        {
          ids: true,
        },
      );

      await webview.send({ type: 'reading', framing: true });
      await page.waitForSelector('[role="status"]:has-text("Measuring")');
      const before = (await webview.sent()).length;
      await page.getByRole('button', { name: 'Measure Framing' }).click({ force: true });
      assert.equal((await webview.sent()).length, before);
      await webview.send({ ...SHOW, preview: previewContent({ framing: FRAMING }) });
      await page.waitForSelector('table.framing');
      assert.match(
        (await page.locator('.notice').allInnerTexts()).join('\n'),
        /predicts documents better with no token before and <\|endoftext\|> after each/,
      );
      assert.match(await page.innerText('table.framing'), /3\.412\s+yes/);
    });
  });

  it('says why nothing could be read and keeps what it showed', async () => {
    await shown(SHOW, async (webview) => {
      await webview.send({ type: 'stopped', problem: '/space/texts/notes.jsonl: there is no such file.' });
      await webview.page.waitForSelector('[role="alert"]:has-text("no such file")');
      assert.equal(await webview.page.getByRole('article').count(), 2);
    });
  });

  it('starts nothing where the workspace is not trusted, and offers to read after a restart', async () => {
    await shown({ type: 'nothing', source: PREVIEW_SOURCE, trusted: false }, async (webview) => {
      const { page } = webview;
      assert.match(await page.innerText('[role="status"]'), /not trusted/);
      await page.getByRole('button', { name: 'Preview Again' }).click({ force: true });
      assert.equal((await webview.sent()).filter(({ type }) => type === 'read').length, 0);
      await webview.send({ type: 'nothing', source: PREVIEW_SOURCE, trusted: true });
      await page.waitForSelector('[role="status"]:has-text("has not been read yet")');
      await page.getByRole('button', { name: 'Preview Again' }).click();
      await webview.waitForMessage('read');
    });
  });

  it('shows a text of IDs without a frame', async () => {
    const preview = previewContent({
      ...{ documentStart: null, documentEnd: null, insteadOf: null, tokensPerByte: null, startTwice: 0 },
      samples: [{ tokens: 3, parts: [{ kind: 'text', text: '5 6 7' }], ids: [5, 6, 7] }],
    });
    await shown({ ...SHOW, preview }, async ({ page }) => {
      assert.match(await page.innerText('dl'), /beforehand: each row of IDs is a sequence/);
      assert.equal(await page.getByRole('button', { name: 'Measure Framing' }).count(), 0);
    });
  });
});
