import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { WebviewPage, type WebviewOptions } from './webviewPage';

export interface ShownPage extends WebviewOptions {
  readonly browser: Browser;
  /** Folder of the page. */
  readonly name: string;
  /** What the page may say, beside `ready`; anything when left out. */
  readonly says?: v.GenericSchema;
  /** What it is told first. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** Opens a page and shows it something; in the end nothing may have gone wrong that only the browser told. */
export async function withShownPage(
  { browser, name, says, message, ...options }: ShownPage,
  work: (webview: WebviewPage) => Promise<void>,
): Promise<void> {
  const webview = await WebviewPage.open(browser, name, options);
  try {
    await webview.waitForMessage('ready');
    await webview.send(message);
    await webview.page.waitForSelector('main h1');
    await work(webview);
    assert.deepEqual(webview.complaints, []);
    for (const sent of says === undefined ? [] : await webview.sent()) {
      assert.ok(sent.type === 'ready' || v.is(says ?? v.never(), sent), JSON.stringify(sent));
    }
  } finally {
    await webview.close();
  }
}

/** Pixels by which a page is wider than its window. */
export function overflow({ page }: WebviewPage): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
