import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import { FromHeatmap } from '../../../src/shared/webview/heatmap';
import { heatmapContent } from './heatmapContent';
import { WebviewPage, type WebviewOptions } from './webviewPage';

/** Opens the heatmap page and shows it something; in the end nothing may have gone wrong that only the browser told. */
export async function withHeatmap(
  browser: Browser,
  work: (webview: WebviewPage) => Promise<void>,
  options: WebviewOptions & { readonly content?: Record<string, unknown> } = {},
): Promise<void> {
  const content = options.content ?? heatmapContent();
  const webview = await WebviewPage.open(browser, 'heatmap', { source: { file: content.file }, ...options });
  try {
    await webview.waitForMessage('ready');
    await webview.send(content);
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

/** The layers that are marked, in the order they are shown. */
export function markedLayers(page: Page): Promise<number[]> {
  return layersOf(page, 'tbody tr[aria-selected="true"]');
}

/** The layers of the rows that a selector finds. */
export function layersOf(page: Page, selector: string): Promise<number[]> {
  return page
    .locator(selector)
    .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-layer'))));
}
