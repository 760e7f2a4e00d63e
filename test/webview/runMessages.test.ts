import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { recordedLine } from '../support/recordedRun';
import { numbersOf, withRun } from './support/runPage';
import { launchChromium, noChromium, type WebviewPage } from './support/webviewPage';

describe('what the page of a run and the extension say to each other', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('says again that it is ready while it knows nothing of the run, and no more once it does', async () => {
    const said = async (webview: WebviewPage): Promise<number> =>
      (await webview.sent()).filter(({ type }) => type === 'ready').length;
    await withRun(
      browser,
      async ({ webview }) => {
        await webview.page.clock.fastForward(300_000);
        assert.equal(await said(webview), 2);
      },
      {
        clock: true,
        unanswered: async (webview) => {
          // What is no news of the run.
          await webview.send({ type: 'showTab', tab: 'log' });
          await webview.page.clock.fastForward(6000);
          assert.equal(await said(webview), 2);
        },
      },
    );
  });

  it('begins anew with a snapshot after it was hidden', async () => {
    await withRun(
      browser,
      async ({ page, session, run }) => {
        session.hidden();
        run.finish();
        await page.waitForTimeout(300);
        assert.match(await page.innerText('.progress-text'), /^step 49 of 200/);
        session.ready();
        await page.waitForSelector('.state-done');
        assert.deepEqual((await numbersOf(page, 'domain')).slice(0, 1), ['0.9626']);
      },
      {
        before: (run) => {
          run.trainer();
          run.advance(recordedLine('"step":50,'));
        },
      },
    );
  });
});
