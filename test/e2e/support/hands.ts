import type { Frame } from 'playwright-core';
import type { Editor } from './editor';

/** More focusable elements than any panel has between two that a person wants. */
const MOST_TABS = 80;

/** How a person works a window: with the mouse, or with the keyboard alone. */
export interface Hand {
  readonly name: 'mouse' | 'keyboard';
  /** Runs a command by its palette label. */
  command(label: string): Promise<void>;
  /** Marks a layer, or takes its mark away. */
  markLayer(frame: Frame, layer: number): Promise<void>;
  /** Replaces what stands in a field. */
  write(frame: Frame, field: string, text: string): Promise<void>;
  press(frame: Frame, button: string): Promise<void>;
}

export function mouseOf(editor: Editor): Hand {
  return {
    name: 'mouse',
    command: (label) => editor.runCommand(label),
    markLayer: (frame, layer) => frame.locator(`tr[data-layer="${layer}"] th`).click(),
    write: (frame, field, text) => frame.locator(field).fill(text),
    press: (frame, button) => frame.locator(button).click(),
  };
}

export function keyboardOf(editor: Editor): Hand {
  const { keyboard } = editor.page;
  return {
    name: 'keyboard',
    command: (label) => editor.runCommandByKeyboard(label),
    markLayer: async (frame, layer) => {
      await tabTo(editor, frame, 'table [tabindex="0"]');
      await keyboard.press('Control+Home');
      for (let row = 0; row <= layer; row += 1) {
        await keyboard.press('ArrowDown');
      }
      await keyboard.press('Space');
    },
    write: async (frame, field, text) => {
      // Whoever comes with Tab has the text of an input selected; that of a textarea is added to.
      await tabTo(editor, frame, field);
      await keyboard.type(text);
      await editor.evidently(`"${text}" in ${field}`, async () => {
        const value = await frame.locator(field).inputValue();
        if (value !== text) {
          throw new Error(`it holds "${value}"`);
        }
      });
    },
    press: async (frame, button) => {
      await tabTo(editor, frame, button);
      await keyboard.press('Enter');
    },
  };
}

/** Goes to an element of the active panel with Tab alone, in whole rounds over everything that takes the focus. */
async function tabTo(editor: Editor, frame: Frame, selector: string): Promise<void> {
  await editor.evidently(`the way to ${selector} with the keyboard`, async () => {
    for (let presses = 0; presses < MOST_TABS; presses += 1) {
      if (await hasFocus(frame, selector)) {
        return;
      }
      await editor.page.keyboard.press('Tab');
    }
    throw new Error(`${MOST_TABS} times Tab did not lead there`);
  });
}

function hasFocus(frame: Frame, selector: string): Promise<boolean> {
  return frame
    .locator(selector)
    .evaluate((element) => document.hasFocus() && element === document.activeElement);
}
