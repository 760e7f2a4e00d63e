import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import { RunSubscription } from '../../../src/node/runPage/runSubscription';
import type { RunWindow } from '../../../src/node/runPage/runSummary';
import { FromRun, RunView } from '../../../src/shared/webview/run';
import { RecordedRun } from '../../support/recordedRun';
import { WebviewPage, type WebviewOptions } from './webviewPage';

/** A page that shows the recorded run, told by the real host side: files are followed, messages are coalesced. */
export interface RunPage {
  readonly webview: WebviewPage;
  readonly page: WebviewPage['page'];
  readonly run: RecordedRun;
  readonly session: RunSubscription;
  /** What the window knows of the run; what is changed here is told at the next look. */
  readonly window: { -readonly [K in keyof RunWindow]: RunWindow[K] };
  /** The commands that the page asked for. */
  readonly commands: () => Promise<unknown[]>;
}

export interface RunPageOptions extends WebviewOptions {
  /** What the page kept of how it was looked at. */
  readonly view?: Partial<RunView>;
  /** What there is of the run before the page is opened; all of it when left out. */
  readonly before?: (run: RecordedRun) => void;
  /** Runs while the page is ready and nobody answers it. */
  readonly unanswered?: (webview: WebviewPage) => Promise<void>;
}

/** Opens the page of the recorded run; in the end nothing may have gone wrong that only the browser told. */
export async function withRun(
  browser: Browser,
  work: (opened: RunPage) => Promise<void>,
  {
    view,
    before = (run) => {
      run.finish();
    },
    unanswered,
    ...options
  }: RunPageOptions = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  const run = new RecordedRun(join(folder, 'clinical-notes'));
  before(run);
  const source = { folder: run.folder };
  const state = view === undefined ? undefined : { source, view: v.parse(RunView, view) };
  const webview = await WebviewPage.open(browser, 'run', { source, state, ...options });
  const window: RunPage['window'] = { isTrusted: true, remoteName: 'ssh-remote', pending: undefined };
  const session = new RunSubscription({
    folder: run.folder,
    window: () => window,
    post: (message) => {
      // A page that is being closed takes no messages.
      webview.send(message).catch(() => undefined);
    },
  });
  try {
    await webview.waitForMessage('ready');
    await unanswered?.(webview);
    session.ready();
    await webview.page.waitForSelector('main h1');
    const commands = async (): Promise<unknown[]> =>
      (await webview.sent()).filter(({ type }) => type === 'command').map(({ command }) => command);
    await work({ webview, page: webview.page, run, session, window, commands });
    assert.deepEqual(webview.complaints, []);
    for (const message of await webview.sent()) {
      assert.ok(message.type === 'ready' || v.is(FromRun, message), JSON.stringify(message));
    }
  } finally {
    session.dispose();
    await webview.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The cells of a row of the table of numbers, by the row's heading. */
export async function numbersOf(page: Page, heading: string): Promise<string[]> {
  const row = page.locator('.summary tr', { has: page.locator(`th:text-is("${heading}")`) });
  return (await row.locator('td').allInnerTexts()).map((text) => text.trim());
}
