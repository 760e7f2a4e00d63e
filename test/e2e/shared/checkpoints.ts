import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Locator } from 'playwright-core';
import { manifestOf, RunFixture } from '../../support/runFixture';
import { axeFindings } from '../../webview/support/axe';
import type { Editor } from '../support/editor';
import { openWeights } from '../support/weights';

const Q = 'model.layers.1.self_attn.q_proj.weight';
const UP = 'model.layers.1.mlp.up_proj.weight';

/** A workspace with one run that has three checkpoints. */
function writeWorkspace(folder: string): void {
  const runs = join(folder, '.adept', 'runs');
  mkdirSync(runs, { recursive: true });
  const base = { [Q]: [3, 4], [UP]: [1, 0] };
  const fixture = new RunFixture(join(folder, 'weights'), base, manifestOf(1, [0]), join(runs, 'medical'));
  fixture.checkpoint(10, { domainLoss: 3, generalLoss: 1.5 }, { [Q]: [3, 5], [UP]: [1, 0.1] });
  fixture.checkpoint(20, { domainLoss: 2, generalLoss: 1.75 }, { [Q]: [3, 6], [UP]: [1, 0.2] });
  fixture.checkpoint(30, { domainLoss: 2.5, generalLoss: 1.7 }, { [Q]: [3, 7], [UP]: [1, 0.3] });
  // Where the workspace lies is known only when it is open: this run needs its model for the base alone.
  const spec = fixture.run.file('spec');
  writeFileSync(spec, readFileSync(spec, 'utf8').replaceAll(folder, '/elsewhere'));
}

/** Puts a part of the workspace with three checkpoints into that of a window. */
function bring(editor: Editor, part: 'weights' | '.adept'): void {
  const source = mkdtempSync(join(tmpdir(), 'adept-e2e-'));
  writeWorkspace(source);
  cpSync(join(source, part), join(editor.workspace, part), { recursive: true });
  rmSync(source, { recursive: true, force: true });
}

/** Pixels from the end of both losses to the end of their row, below zero where they are cut; runs in the page. */
function roomBehindLosses(row: Element): number {
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const [losses = ''] = /^.*\d\.\d+(?=\sgeneral)/.exec(node.textContent ?? '') ?? [];
    if (losses !== '') {
      const range = document.createRange();
      range.setStart(node, 0);
      range.setEnd(node, losses.length);
      return row.getBoundingClientRect().right - range.getBoundingClientRect().right;
    }
  }
  return NaN;
}

/** In a window of a workspace that nobody has trusted. */
export function aWeightFile(windowOf: () => Editor): void {
  it('shows the tensors of a weight file in Restricted Mode at a click, which no text editor could', async () => {
    const editor = windowOf();
    bring(editor, 'weights');
    await editor.page.locator('#status\\.workspaceTrust').waitFor();
    const frame = await openWeights(editor, 'weights/model.safetensors');
    await editor.evidently('the tensors', () => frame.getByText(Q).first().waitFor());
    assert.equal(await frame.locator('h1').innerText(), 'model.safetensors');
    assert.equal(await frame.locator('vscode-badge').count(), 2);
    assert.deepEqual(await axeFindings(frame), []);
    await editor.runCommand('View: Close All Editors');
    // Beside a model nothing else says why it cannot be analyzed.
    const config = join(editor.workspace, 'weights', 'model', 'config.json');
    const restricted = editor.page.getByText('Restricted Mode: saved results are shown');
    // Models are looked for whenever the view comes into sight.
    const lookAgain = async (): Promise<void> => {
      await editor.runCommand('View: Show Explorer');
      await editor.runCommand('View: Show ADEPT');
    };
    writeFileSync(config, '{}');
    await lookAgain();
    await editor.evidently('what Restricted Mode means for the model', () => restricted.waitFor());
    rmSync(config);
    await lookAgain();
    await editor.evidently('the welcome alone', () => restricted.waitFor({ state: 'detached' }));
  });
}

/** In a window of a trusted workspace without a run. */
export function checkpoints(windowOf: () => Editor): void {
  describe('checkpoints in the window', () => {
    const folder = (): string => join(windowOf().workspace, '.adept', 'runs', 'medical', 'checkpoints');

    function row(label: string): Locator {
      return windowOf().page.locator('.monaco-list-row', { hasText: label }).first();
    }

    it('lists the run and its checkpoints, with the best marked', async () => {
      const editor = windowOf();
      bring(editor, '.adept');
      await editor.runCommand('ADEPT: Explore Checkpoints');
      await editor.evidently('the checkpoints', () => row('Step 30').waitFor());
      await row('2.000 domain · 1.750 general · best').waitFor();
      await row('lowest general loss').waitFor();
      // In a view as wide as VS Code makes it, 300 pixels; a step has up to three digits more.
      for (const label of ['Step 10', 'Step 20', 'Step 30']) {
        const room = await row(label).evaluate(roomBehindLosses);
        assert.ok(room >= 24, `${room} pixels are left behind the losses of ${label}`);
      }
    });

    it('compares the two that are selected', async () => {
      const editor = windowOf();
      await row('Step 10').click();
      await row('Step 30').click({ modifiers: ['Control'] });
      await row('Step 30').click({ button: 'right' });
      await editor.evidently('the context menu', async () => {
        const item = editor.page.getByRole('menuitem', { name: 'Compare Checkpoints' });
        await item.hover();
        // A click right after the menu opened would be taken for the end of the one that opened it.
        await editor.page.keyboard.press('Enter');
        await item.waitFor({ state: 'detached' });
      });
      const frame = await editor.webview('comparison');
      await editor.evidently('the comparison', () => frame.locator('.heatmap td').first().waitFor());
      assert.equal(await frame.locator('h1').innerText(), 'Comparison: step 10 and step 30');
      for (const theme of editor.themes()) {
        await editor.setTheme(theme);
        await editor.painted(frame);
        await editor.picture(`comparison-${theme}`);
        const low = await frame.evaluate(() =>
          getComputedStyle(document.documentElement).getPropertyValue('--vscode-adept-heatLow'),
        );
        assert.match(low, /^#/, 'the page does not get the colours that the extension contributes');
        assert.deepEqual(await axeFindings(frame), [], theme);
      }
    });

    it('renames and deletes by keyboard alone', async () => {
      const editor = windowOf();
      const { page } = editor;
      await editor.runCommand('ADEPT: Focus on Checkpoints View');
      await row('Step 20').click();
      await page.keyboard.press('F2');
      await editor.enter('before the rate fell');
      await editor.evidently('the label', () => row('before the rate fell').waitFor());
      assert.ok(existsSync(join(folder(), 'step-00000020', 'label.json')));
      await editor.runCommand('ADEPT: Focus on Checkpoints View');
      await page.keyboard.press('Delete');
      await editor.evidently('the question', async () => {
        await page.getByText('Delete the checkpoint before the rate fell (Step 20) of medical?').waitFor();
        await page.getByText('It has the lowest domain loss of the run.').waitFor();
        await page.keyboard.press('Enter');
      });
      await editor.evidently('the row to go', () =>
        row('before the rate fell').waitFor({ state: 'detached' }),
      );
      assert.ok(!existsSync(join(folder(), 'step-00000020')));
      await editor.evidently('the next best', () =>
        row('2.500 domain · 1.700 general · best · last').waitFor(),
      );
      // The run itself likewise.
      const runs = dirname(dirname(folder()));
      await editor.runCommand('ADEPT: Focus on Runs View');
      // A click opens the run, whose page then takes the focus.
      const select = async (row: Locator): Promise<void> => {
        await row.click();
        await page.waitForFunction(() => document.activeElement?.tagName === 'IFRAME');
        await editor.runCommand('ADEPT: Focus on Runs View');
      };
      await select(page.getByRole('treeitem', { name: /^Run medical/ }));
      await page.keyboard.press('F2');
      await editor.enter('clinic');
      const renamed = page.getByRole('treeitem', { name: /^Run clinic/ });
      await editor.evidently('the new name of the run', () => renamed.waitFor());
      assert.deepEqual(readdirSync(runs), ['clinic']);
      await editor.runCommand('View: Close All Editors');
      await select(renamed);
      await page.keyboard.press('Delete');
      await editor.evidently('the question about the run', async () => {
        await page.getByText('Delete the run clinic?').waitFor();
        await page.keyboard.press('Enter');
      });
      await editor.evidently('the run to go', () => renamed.waitFor({ state: 'detached' }));
      assert.deepEqual(readdirSync(runs), []);
    });
  });
}
