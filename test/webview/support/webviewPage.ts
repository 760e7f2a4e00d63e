import assert from 'node:assert/strict';
import { execFileSync, type StdioOptions } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { PAGE_DATA_ID, type PageData } from '../../../src/shared/webview/common';
import * as v from 'valibot';
import { axeFindings } from './axe';
import { projectRoot } from '../../support/projectRoot';
import { THEME_NAMES, THEMES, themeSheet, type Theme } from './themes';

const ORIGIN = 'https://webview.example';

const Provided = v.union([v.object({ chromium: v.string() }), v.object({ reason: v.string() })]);

function provideChromium(): v.InferOutput<typeof Provided> {
  const script = join(projectRoot, 'scripts/vscode.mjs');
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit'];
  const output = execFileSync(process.execPath, [script, '--chromium'], { encoding: 'utf8', stdio });
  return v.parse(Provided, JSON.parse(output));
}

const provided = provideChromium();

/** Why pages cannot be tested here, as `skip` of a suite takes it; false where they can. */
export const noChromium = 'reason' in provided ? provided.reason : false;

/** @throws Error where there is none: guard the suite with `noChromium` */
export function launchChromium(): Promise<Browser> {
  if ('reason' in provided) {
    throw new Error(provided.reason);
  }
  return chromium.launch({
    executablePath: provided.chromium,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A page lives for a second: to optimize its code takes longer than that saves.
      '--js-flags=--no-opt --no-maglev',
      // Beside each page another process would be started for the next one.
      '--renderer-process-limit=1',
      '--in-process-gpu',
    ],
  });
}

export interface WebviewOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** What the page shows, in terms of the extension. */
  readonly source?: unknown;
  /** What the page kept before it was thrown away. */
  readonly state?: unknown;
  /** Whether the test can let time pass in the page. */
  readonly clock?: boolean;
}

/** What the fake of VS Code in the page keeps. */
interface Fake {
  readonly sent: unknown[];
  state: unknown;
}

/**
 * One page of out/webview in a plain Chromium under the content security policy that VS Code gives it. The test is the
 * extension: it sends messages, and reads those that the page sent. No port is opened.
 */
export class WebviewPage {
  /** Errors, warnings and violations of the policy that the browser reported. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {}

  static async open(browser: Browser, name: string, options: WebviewOptions = {}): Promise<WebviewPage> {
    const { theme = 'dark', width = 1280, height = 900, source = null, state, clock = false } = options;
    const context = await browser.newContext({ viewport: { width, height }, acceptDownloads: false });
    const page = await context.newPage();
    const webview = new WebviewPage(page, context);
    page.on('pageerror', (error) => webview.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        webview.complaints.push(message.text());
      }
    });
    await page.route(`${ORIGIN}/**`, async (route) => {
      const path = new URL(route.request().url()).pathname;
      await route.fulfill(fileOf(path, { name, theme, source }));
    });
    await page.addInitScript((kept) => {
      const fake: Fake = { sent: [], state: kept };
      Object.assign(window, {
        adeptFake: fake,
        acquireVsCodeApi: () => ({
          // As between processes: only what JSON can say arrives.
          postMessage: (message: unknown) => fake.sent.push(JSON.parse(JSON.stringify(message))),
          getState: () => fake.state,
          setState: (next: unknown) => {
            fake.state = JSON.parse(JSON.stringify(next));
          },
        }),
      });
    }, state);
    if (clock) {
      await page.clock.install();
    }
    await page.goto(`${ORIGIN}/index.html`);
    return webview;
  }

  /** Says something to the page, as the extension does. */
  async send(message: unknown): Promise<void> {
    await this.page.evaluate((data) => {
      window.postMessage(data);
    }, message);
  }

  /** Everything that the page said so far. */
  sent(): Promise<Record<string, unknown>[]> {
    return this.page.evaluate(() => (window as unknown as { adeptFake: Fake }).adeptFake.sent) as Promise<
      Record<string, unknown>[]
    >;
  }

  /** The latest message of a type, once there is one that `fits`. */
  async waitForMessage(
    type: string,
    fits: (message: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>> {
    const begin = Date.now();
    while (Date.now() - begin < 10_000) {
      const found = (await this.sent()).findLast((message) => message.type === type && fits(message));
      if (found !== undefined) {
        return found;
      }
      await this.page.waitForTimeout(20);
    }
    throw new Error(`The page sent no such message "${type}", only ${JSON.stringify(await this.sent())}`);
  }

  /** What the page has kept. */
  state(): Promise<unknown> {
    return this.page.evaluate(() => (window as unknown as { adeptFake: Fake }).adeptFake.state);
  }

  /** Changes the theme while the page is open, as VS Code does. */
  async setTheme(theme: Theme): Promise<void> {
    await this.page.evaluate(
      ([sheet, bodyClass]) => {
        // One theme's variables go before another's come: not every theme sets all of them.
        const first = document.querySelector<HTMLLinkElement>('link[href="/theme.css"]');
        if (first !== null) {
          first.disabled = true;
        }
        const shown = window as unknown as { adeptTheme?: CSSStyleSheet };
        const rules = new CSSStyleSheet();
        rules.replaceSync(sheet);
        document.adoptedStyleSheets = [
          ...document.adoptedStyleSheets.filter((other) => other !== shown.adeptTheme),
          rules,
        ];
        shown.adeptTheme = rules;
        document.body.className = bodyClass;
        // What draws by itself does so in the next frame.
        return new Promise<void>((resolve) => {
          requestAnimationFrame(() => {
            requestAnimationFrame(() => {
              resolve();
            });
          });
        });
      },
      [themeSheet(theme), THEMES[theme].bodyClass] as const,
    );
  }

  /** Looks at the page in one theme after the other, with axe first. */
  async inEveryTheme(look?: (theme: Theme) => Promise<void>): Promise<void> {
    for (const [index, theme] of THEME_NAMES.entries()) {
      await this.setTheme(theme);
      assert.deepEqual(await axeFindings(this.page, index === 0 ? 'all' : 'colour'), [], theme);
      await look?.(theme);
    }
  }

  /** Violations of level serious or critical that axe finds, one line each. */
  accessibilityFaults(): Promise<string[]> {
    return axeFindings(this.page);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

interface Answer {
  readonly status?: number;
  readonly contentType?: string;
  readonly body?: string | Buffer;
}

const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };

interface PageFacts {
  readonly name: string;
  readonly theme: Theme;
  readonly source: unknown;
}

function fileOf(path: string, facts: PageFacts): Answer {
  if (path === '/index.html') {
    return { contentType: 'text/html', body: pageHtml(facts) };
  }
  if (path === '/theme.css') {
    return { contentType: 'text/css', body: themeSheet(facts.theme) };
  }
  const file = join(projectRoot, 'out', 'webview', path);
  return existsSync(file)
    ? {
        contentType: TYPES[path.replace(/^.*\./, '')] ?? 'application/octet-stream',
        body: readFileSync(file),
      }
    : { status: 404 };
}

/** The page as webviewHtml.ts of the extension writes it, with the theme's variables in a file of their own. */
function pageHtml({ name, theme, source }: PageFacts): string {
  const data: PageData = { source, locale: 'en', strings: {} };
  const policy = `default-src 'none'; script-src 'nonce-test'; style-src ${ORIGIN}; font-src ${ORIGIN}; img-src ${ORIGIN}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${name}</title>
<link rel="stylesheet" href="/theme.css">
<link rel="stylesheet" href="/codicon.css" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="/${name}.css">
<script type="application/json" id="${PAGE_DATA_ID}">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script nonce="test" src="/${name}.js" defer></script>
</head>
<body class="${THEMES[theme].bodyClass}"></body>
</html>
`;
}
