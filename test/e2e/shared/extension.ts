import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../../src/shared/contributions/extensionCommands';
import type { Editor } from '../support/editor';

/** Labels of this extension's own commands; those of views are VS Code's. */
function ownCommands(labels: readonly string[]): string[] {
  return labels
    .map((label) => label.split(',')[0] ?? label)
    .filter((label) => label.startsWith('ADEPT: ') && !label.startsWith('ADEPT: Focus on'))
    .sort();
}

function labelsOf(keep: (palette: string | undefined) => boolean): string[] {
  return Object.values(COMMANDS)
    .filter((facts) => keep('palette' in facts ? facts.palette : undefined))
    .map(({ title }) => `ADEPT: ${title}`)
    .sort();
}

/** A keybinding can name any command, also one that the palette hides. */
export const HIDDEN_COMMAND = { key: 'ctrl+alt+f9', command: 'adept.analyze' };

/** In a window of a workspace that nobody has trusted yet. */
export function inRestrictedMode(windowOf: () => Editor): void {
  describe('the extension in Restricted Mode', () => {
    it('offers in Restricted Mode only what starts nothing', async () => {
      const editor = windowOf();
      await editor.page.locator('#status\\.workspaceTrust').waitFor();
      assert.deepEqual(
        ownCommands(await editor.paletteEntries('ADEPT')),
        labelsOf((palette) => palette === undefined),
      );
    });

    it('shows its three views and says what Restricted Mode means', async () => {
      const editor = windowOf();
      await editor.runCommand('View: Show ADEPT');
      const { page } = editor;
      for (const view of ['Models', 'Runs', 'Checkpoints']) {
        await page.locator('.pane-header', { hasText: view }).waitFor();
      }
      await page.getByText('In Restricted Mode ADEPT shows saved results and starts nothing.').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Analyze Model' }).count(), 0);
    });

    it('starts nothing in Restricted Mode even when a hidden command is called', async () => {
      const editor = windowOf();
      await editor.page.keyboard.press('Control+Alt+F9');
      await editor.evidently('the refusal', () =>
        editor.page
          .getByText(/Analyze Model needs a trusted workspace/)
          .first()
          .waitFor(),
      );
      await editor.runCommand('Notifications: Clear All Notifications');
    });
  });
}

/** In a window of an empty workspace, which is trusted now. */
export function onceTrusted(windowOf: () => Editor): void {
  describe('the extension in an empty workspace', () => {
    it('once trusted, offers what can run without a model or a run', async () => {
      const editor = windowOf();
      await editor.trust();
      assert.deepEqual(
        ownCommands(await editor.paletteEntries('ADEPT')),
        labelsOf((palette) => palette === undefined || palette === 'isWorkspaceTrusted'),
      );
    });

    it('welcomes with a way to analyze a model, or the sample', async () => {
      const editor = windowOf();
      await editor.runCommand('View: Show ADEPT');
      await editor.page.getByText('No model in this workspace').waitFor();
      assert.equal(await editor.page.getByText('Try the sample').count(), 1);
      await editor.page.getByText('No run yet.').waitFor();
      await editor.page.getByText('No checkpoint yet.').waitFor();
    });

    it('opens its walkthrough', async () => {
      const editor = windowOf();
      await editor.runCommand('ADEPT: Open Walkthrough');
      await editor.page.getByText('Adapt a language model with ADEPT').first().waitFor();
      for (const title of ['Pick a model', 'Know the words', 'Read the heatmap', 'Export the model']) {
        await editor.page.getByText(title).first().waitFor();
      }
    });
  });
}
