import type { Page } from 'playwright-core';

/** Of each part of the window that an error quotes. */
const SHOWN_CHARACTERS = 600;

/** What a person would look at first when the window does not go on, for a log without the picture. */
export async function shownTexts(page: Page): Promise<string> {
  const parts = {
    question: '.quick-input-widget',
    notifications: '.notifications-toasts',
    dialog: '.monaco-dialog-box',
    'status bar': '.statusbar',
    tabs: '.tabs-container',
  };
  const lines = await Promise.all(
    Object.entries(parts).map(async ([part, selector]) => {
      const texts = await page.locator(selector).filter({ visible: true }).allInnerTexts();
      return `  ${part}: ${texts.join(' | ').replace(/\s+/g, ' ').slice(0, SHOWN_CHARACTERS) || 'none'}`;
    }),
  );
  const inputs = await page
    .locator('.quick-input-widget input')
    .filter({ visible: true })
    .evaluateAll((found) =>
      found.map(
        (input) => `"${input.getAttribute('placeholder') ?? ''}": "${(input as HTMLInputElement).value}"`,
      ),
    );
  return [...lines, `  input: ${inputs.join() || 'none'}`].join('\n');
}
