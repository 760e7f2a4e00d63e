import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { HANG_MILLISECONDS } from '../../support/hang';

/**
 * How long a command may take to ask. The window reads what its extension host says one message after the other: beside a training
 * that has the processors, a question has stood behind forty seconds of messages. Giving the command again only adds to them.
 */
const ASKING_MILLISECONDS = Math.min(120_000, HANG_MILLISECONDS);
/** How often a command is given whose question something closed. */
const ATTEMPTS = 3;
/** What the palette's own input says, which is none of a command. */
const PALETTE = 'Type the name of a command to run.';
/** More than a list has rows between the first that matches and the one that is meant. */
const MOST_ROWS = 100;
/** How long a question that was asked may take to show what was typed. */
const FOCUS_MILLISECONDS = 10_000;

/** What a question is answered with: its placeholder, and the label of a row. */
export type Answer = readonly [question: string, row: string];

/** The questions that commands ask in the window. */
export class Questions {
  constructor(private readonly page: Page) {}

  /** The row of an open quick pick or palette whose label begins with a text, up to a comma or its end. */
  row(label: string): Locator {
    const text = JSON.stringify(label);
    const rows = '.quick-input-list .monaco-list-row';
    return this.page
      .locator(`${rows}[aria-label=${text}], ${rows}[aria-label^=${JSON.stringify(`${label},`)}]`)
      .first();
  }

  /** Chooses a row of the quick pick that a command asks with. */
  async choose(row: string): Promise<void> {
    await this.page
      .locator(`.quick-input-widget input[type="text"]:not([placeholder="${PALETTE}"])`)
      .waitFor({ timeout: ASKING_MILLISECONDS });
    await this.row(row).click({ timeout: ASKING_MILLISECONDS });
  }

  /** Answers each of the questions of a command, which is given once more where something closed one of them. */
  async answer(command: () => Promise<void>, answers: readonly Answer[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await command();
      const closed = await this.firstClosed(answers);
      if (closed === undefined) {
        return;
      }
      assert.ok(attempt < ATTEMPTS, `"${closed}" was closed ${attempt} times before it was answered`);
    }
  }

  /** Answers questions as they come. @returns the first that was asked and is open no longer before it was answered */
  private async firstClosed(answers: readonly Answer[]): Promise<string | undefined> {
    for (const [question, row] of answers) {
      const input = this.page.locator(`.quick-input-widget input[placeholder="${question}"]`);
      await input.waitFor({ state: 'attached', timeout: ASKING_MILLISECONDS });
      try {
        await input.fill(row, { timeout: FOCUS_MILLISECONDS });
        await this.focusRow(row, input);
        await input.press('Enter', { timeout: FOCUS_MILLISECONDS });
      } catch (error) {
        // What was closed is hidden, and says what it asked until something else is.
        if ((await input.count()) > 0 && !(await input.isVisible())) {
          return question;
        }
        throw error;
      }
    }
    return undefined;
  }

  /** Goes to a row, which is not always the first that a text finds: "Step 20" finds step 200 as well. */
  private async focusRow(row: string, input: Locator): Promise<void> {
    const focused = this.page.locator('.quick-input-list .monaco-list-row.focused');
    await focused.waitFor({ timeout: FOCUS_MILLISECONDS });
    for (let presses = 0; !(await focused.and(this.row(row)).isVisible()); presses += 1) {
      assert.ok(presses < MOST_ROWS, `"${row}" is not among the answers`);
      await input.press('ArrowDown', { timeout: FOCUS_MILLISECONDS });
    }
  }
}
