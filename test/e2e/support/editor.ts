import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Browser, chromium, type Frame, type Locator, type Page } from 'playwright-core';
import { HANG_MILLISECONDS } from '../../support/hang';
import { picturePath, takePicture } from '../../support/picture';
import { launch, type Launched, type LaunchOptions } from './launch';
import { vscode } from './provided';
import { type Answer, Questions } from './questions';
import { shownTexts } from './shownTexts';
import { type Theme, THEMES } from './themes';

const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** VS Code in a browser keeps which editors are open every five seconds, since nothing can be kept on the way out. */
const STATE_MILLISECONDS = 7000;
/** How long a question is looked at before it is taken as closed by something else. */
const FOCUS_MILLISECONDS = 10_000;

/** In the window, not in its webviews: what turns or runs as long as something goes on is drawn sixty times a second, by the processor. */
function stopEndlessAnimations(): void {
  if (window === window.top) {
    const rules = new CSSStyleSheet();
    rules.replaceSync(
      '.codicon-modifier-spin, .codicon-loading, .monaco-progress-container .progress-bit { animation: none !important; }',
    );
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, rules];
  }
}

/** VS Code in a browser, with the extension under development, a profile of its own and a temporary workspace. */
export class Editor {
  /** Errors in the console of the window and its webviews that are about this extension, and every CSP violation. */
  readonly problems: string[] = [];
  private failures = 0;
  /** Of the settings that every window is launched with. */
  private theme: Theme = 'light';
  private readonly questions: Questions;

  private constructor(
    readonly page: Page,
    private readonly launched: Launched,
    private readonly browser: Browser,
  ) {
    this.questions = new Questions(page);
    page.on('console', (message) => {
      const text = message.text();
      if (
        isViolation(text) ||
        (message.type() === 'error' && message.location().url.includes('/out/webview/'))
      ) {
        this.problems.push(text);
      }
    });
  }

  /** Starts everything; the window opens in Restricted Mode. */
  static async open(options: LaunchOptions = {}): Promise<Editor> {
    const launched = await launch(options);
    let browser: Browser | undefined;
    try {
      browser = await chromium.launch({
        executablePath: vscode().chromium,
        args: CHROMIUM_ARGUMENTS,
        // A signal ends this process, and the closed pipe the browser; a handler would keep the process alive instead.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      const context = await browser.newContext({
        viewport: options.viewport ?? { width: 1400, height: 900 },
        permissions: ['clipboard-read', 'clipboard-write'],
        reducedMotion: 'reduce',
      });
      await context.addInitScript(stopEndlessAnimations);
      const page = await context.newPage();
      page.setDefaultTimeout(HANG_MILLISECONDS);
      const editor = new Editor(page, launched, browser);
      await page.goto(launched.address);
      await editor.started();
      return editor;
    } catch (error) {
      await browser?.close();
      await launched.server.stop();
      throw error;
    }
  }

  /** Ends VS Code, the browser and whatever they started, and removes the profile and the workspace. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.launched.server.stop();
  }

  /** The path of the opened folder. */
  get workspace(): string {
    return this.launched.workspace;
  }

  /** Where extensions that were installed lie. */
  get extensions(): string {
    return this.launched.extensions;
  }

  serverLog(): string {
    return this.launched.server.log();
  }

  /** Reloads the window; the extension host of before ends, and a new one starts. */
  async reload(): Promise<void> {
    await this.page.waitForTimeout(STATE_MILLISECONDS);
    await this.page.reload();
    await this.started();
  }

  /** What the palette shows for a text, as its rows are labelled, once the list has settled. */
  async paletteEntries(text: string): Promise<string[]> {
    await this.openPalette(text);
    const entries = await this.settledRows();
    // The list draws no more rows than are in sight.
    for (let before = 0; entries.size > before;) {
      before = entries.size;
      await this.page.keyboard.press('PageDown');
      await this.page.keyboard.press('PageDown');
      for (const [index, label] of await this.settledRows()) {
        entries.set(index, label);
      }
    }
    await this.page.keyboard.press('Escape');
    return [...entries].sort(([one], [other]) => one - other).map(([, label]) => label);
  }

  /** What the open list shows, by its number, when it has not changed for a while. */
  private async settledRows(): Promise<Map<number, string>> {
    let rows: [number, string][] = [];
    for (let settled = 0; settled < 3; settled += 1) {
      await this.page.waitForTimeout(300);
      const now = await this.page
        .locator('.quick-input-list .monaco-list-row')
        .evaluateAll((elements) =>
          elements.map((element): [number, string] => [
            Number(element.getAttribute('data-index')),
            element.getAttribute('aria-label') ?? '',
          ]),
        );
      if (JSON.stringify(now) !== JSON.stringify(rows)) {
        rows = now;
        settled = 0;
      }
    }
    return new Map(rows);
  }

  /** Runs a command by its palette label, such as "ADEPT: Analyze Model", once the palette offers it. */
  async runCommand(label: string): Promise<void> {
    await this.evidently(`the command "${label}" in the palette`, () =>
      this.persistently(async (timeout) => {
        await this.offered(label);
        await this.quickPickRow(label).click({ timeout });
      }),
    );
  }

  /** As {@link runCommand}, with the keyboard alone: the first row is the one that Enter runs. */
  async runCommandByKeyboard(label: string): Promise<void> {
    await this.evidently(`the command "${label}" as the palette's first`, () =>
      this.persistently(async (timeout) => {
        await this.offered(label);
        await this.page
          .locator('.quick-input-list .monaco-list-row.focused')
          .and(this.quickPickRow(label))
          .waitFor({ timeout });
        await this.acceptInput(timeout);
      }),
    );
  }

  /** Opens the palette until it offers a command: its list is made when it opens, so what becomes possible later needs another look. */
  private async offered(label: string): Promise<void> {
    const row = this.quickPickRow(label);
    const deadline = Date.now() + HANG_MILLISECONDS;
    for (;;) {
      await this.openPalette(label);
      const found = await row.waitFor({ timeout: 5000 }).then(
        () => true,
        (error: unknown) => {
          if (Date.now() > deadline) {
            throw error;
          }
          return false;
        },
      );
      if (found) {
        return;
      }
      await this.page.keyboard.press('Escape');
    }
  }

  /** The row of an open quick pick or palette whose label begins with a text, up to a comma or its end. */
  quickPickRow(label: string): Locator {
    return this.questions.row(label);
  }

  /** Runs a command that asks one thing, and chooses a row of its quick pick. */
  async pick(label: string, row: string): Promise<void> {
    await this.evidently(`"${row}" among the answers to "${label}"`, async () => {
      await this.runCommand(label);
      await this.questions.choose(row);
    });
  }

  /** Runs a command that asks, and chooses an answer to each of its questions, which their placeholders name. */
  async answer(
    command: (label: string) => Promise<void>,
    label: string,
    answers: readonly Answer[],
  ): Promise<void> {
    await this.evidently(`answers to "${label}"`, () => this.questions.answer(() => command(label), answers));
  }

  /** Opens a file of the workspace by the end of its path, until its tab is the active one. */
  async openFile(path: string): Promise<void> {
    const name = basename(path);
    await this.evidently(`the file ${path}`, () =>
      this.persistently(async (timeout) => {
        await this.runCommand('Go to File...');
        await this.page.locator('.quick-input-widget input').fill(path, { timeout });
        const rows = this.page.locator('.quick-input-list .monaco-list-row', { hasText: name });
        await rows.first().click({ timeout });
        await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor({ timeout });
      }),
    );
  }

  /** As {@link openFile}, and touches the text: until then VS Code makes the links above it only when it is idle. */
  async openText(path: string): Promise<void> {
    await this.openFile(path);
    await this.evidently(`the text of ${path}`, async () => {
      // A line, since the element of all lines may be higher than the window, and a click would scroll to its middle.
      await this.page.locator('.view-lines .view-line').first().click();
      await this.page.keyboard.press(process.platform === 'darwin' ? 'Meta+ArrowUp' : 'Control+Home');
    });
  }

  /** Types into the open input box or quick pick and accepts. */
  async enter(text: string): Promise<void> {
    await this.evidently('an input box', async () => {
      await this.page.locator('.quick-input-widget input').fill(text);
      await this.acceptInput();
    });
  }

  /** Answers an input box once it asks: the question before it shares its widget, and would be given the text. */
  async answerBox(prompt: string, text: string): Promise<void> {
    await this.evidently(`the question "${prompt}"`, () =>
      this.page.locator('.quick-input-message', { hasText: prompt }).waitFor(),
    );
    await this.enter(text);
  }

  /** Accepts what stands in the open input box or quick pick, wherever the focus is. */
  async acceptInput(timeout = HANG_MILLISECONDS): Promise<void> {
    await this.page.locator('.quick-input-widget input[type="text"]').press('Enter', { timeout });
  }

  /** Trusts the folder, as the person does in the editor of Workspace Trust. */
  async trust(): Promise<void> {
    await this.runCommand('Workspaces: Manage Workspace Trust');
    await this.evidently('the trust editor', async () => {
      const editor = this.page.locator('.workspace-trust-editor');
      const trusted = editor.getByText('You trust this folder');
      const button = editor.getByRole('button', { name: 'Trust', exact: true });
      const deadline = Date.now() + HANG_MILLISECONDS;
      await button.waitFor();
      // The editor is drawn anew when the extensions are counted: a click before that is lost, and another is needed.
      while (!(await trusted.isVisible())) {
        assert.ok(Date.now() < deadline, 'the folder is not trusted');
        if (await button.isVisible()) {
          await button.click();
        }
        await this.page.waitForTimeout(1000);
      }
    });
    await this.runCommand('View: Close Editor');
  }

  /**
   * The document inside the webview of a bundle (webview/NAME), once it is loaded. Where another panel of the same bundle
   * may still be on its way out, `title` (its h1) tells which one is meant.
   */
  async webview(name: string, title?: string): Promise<Frame> {
    return this.evidently(`the webview "${title ?? name}"`, async () => {
      const deadline = Date.now() + HANG_MILLISECONDS;
      while (Date.now() < deadline) {
        for (const frame of this.page.frames()) {
          if (await holdsBundle(frame, name, title)) {
            return frame;
          }
        }
        await this.page.waitForTimeout(200);
      }
      throw new Error('it was not there');
    });
  }

  /** Writes user settings; VS Code follows at once. */
  changeSettings(settings: Readonly<Record<string, unknown>>): void {
    const file = this.launched.settingsFile;
    const before = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...before, ...settings }));
  }

  /** The themes in an order that begins with the one that shows: each change of it takes seconds. */
  themes(): Theme[] {
    const all = Object.keys(THEMES) as Theme[];
    const first = all.indexOf(this.theme);
    return [...all.slice(first), ...all.slice(0, first)];
  }

  /** Chooses a theme as people do: the window does not notice that its settings file was written. */
  async setTheme(theme: Theme): Promise<void> {
    const { label, windowClass } = THEMES[theme];
    if (theme !== this.theme) {
      await this.evidently(`the theme ${label}`, () =>
        this.persistently(async (timeout) => {
          await this.runCommand('Preferences: Color Theme');
          await this.page.locator('.quick-input-widget input').fill(label, { timeout });
          await this.quickPickRow(label).click({ timeout });
          await this.page.locator(`.monaco-workbench.${windowClass}`).waitFor({ timeout });
        }),
      );
      this.theme = theme;
    }
    await this.focusIsBack();
  }

  /** Waits until a question has closed and the focus has left it: leaving late, it would close what is opened meanwhile. */
  private async focusIsBack(): Promise<void> {
    await this.evidently('the focus back from the question', () =>
      this.page.waitForFunction(
        () =>
          document.querySelector('.quick-input-widget')?.checkVisibility() !== true &&
          (document.activeElement?.closest('.quick-input-widget') ?? null) === null,
      ),
    );
  }

  /** Waits until a webview shows the window's theme, in a frame that was painted since, and no hint covers anything. */
  async painted(frame?: Frame): Promise<void> {
    await this.evidently('a settled picture', async () => {
      // Off everything that would show a hint.
      await this.page.mouse.move(700, 898);
      await this.page.locator('.monaco-hover:visible').waitFor({ state: 'detached' });
      const { bodyClass } = THEMES[this.theme];
      await frame?.locator(`body.${bodyClass}`).waitFor();
      for (const document of [this.page, ...(frame === undefined ? [] : [frame])]) {
        await document.evaluate(
          () =>
            new Promise<void>((resolve) => {
              requestAnimationFrame(() => {
                requestAnimationFrame(() => {
                  resolve();
                });
              });
            }),
        );
      }
    });
  }

  /** A picture of the window for people to look at, where they are asked for. */
  picture(name: string): Promise<void> {
    return takePicture(this.page, name);
  }

  /** A picture of the window as it is when something went wrong. @returns where it lies */
  async evidence(name: string): Promise<string> {
    const path = picturePath(`${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** The texts of the notifications on the screen. */
  notifications(): Promise<string[]> {
    return this.page
      .locator('.notifications-toasts .notification-list-item-message')
      .evaluateAll((elements) => elements.map((element) => element.textContent));
  }

  /** Does something, and when it fails adds what was looked for and a picture of the window to the error. */
  async evidently<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      this.failures += 1;
      const picture = await this.evidence(`failed-${String(process.pid)}-${String(this.failures)}`).catch(
        () => 'no picture could be taken',
      );
      const message = cause instanceof Error ? cause.message : String(cause);
      const shown = await shownTexts(this.page).catch(
        (error: unknown) => `could not be read: ${String(error)}`,
      );
      throw new Error(`Looking for ${what}: ${message}\nThe window then: ${picture}\n${shown}`, { cause });
    }
  }

  /** Waits for the window, and for what the extension contributes to it: all of that comes at once. */
  private async started(): Promise<void> {
    await this.evidently('the window with the extension in its activity bar', async () => {
      await this.page.locator('.monaco-workbench').waitFor();
      await this.page.locator('.activitybar .action-label[aria-label^="ADEPT"]').waitFor();
    });
  }

  private async openPalette(text: string): Promise<void> {
    await this.persistently(async (timeout) => {
      await this.page.keyboard.press('F1');
      await this.page.locator('.quick-input-widget input').fill(`>${text}`, { timeout });
    });
  }

  /** Does what opens a question and answers it; once more where something that took the focus late closed the question. */
  private async persistently(act: (timeout: number) => Promise<void>): Promise<void> {
    const deadline = Date.now() + HANG_MILLISECONDS;
    for (;;) {
      try {
        await act(FOCUS_MILLISECONDS);
        return;
      } catch (error) {
        if (Date.now() > deadline) {
          throw error;
        }
      }
    }
  }
}

function isViolation(text: string): boolean {
  return /Content Security Policy|Refused to (load|execute|apply|connect|frame)/i.test(text);
}

async function holdsBundle(frame: Frame, name: string, title: string | undefined): Promise<boolean> {
  try {
    if ((await frame.locator(`script[src*="/${name}.js"]`).count()) === 0) {
      return false;
    }
    return title === undefined || (await frame.locator('h1').allInnerTexts()).includes(title);
  } catch {
    // The frame went away while it was asked.
    return false;
  }
}
