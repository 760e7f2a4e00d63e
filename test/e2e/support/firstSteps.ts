import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { axeFindings } from '../../webview/support/axe';
import type { Editor } from './editor';
import type { Hand } from './hands';
import { RunFolder } from '../../../src/node/run/runFolder';
import { statusOf } from '../../../src/node/run/runStatus';
import { HANG_MILLISECONDS } from '../../support/hang';

/** As many as take until the run was seen to move and is paused, and no more: each is computed at the full price of a processor. */
export const STEPS = 160;
export const SAVE_EVERY = 40;
export const SEQ_LEN = 64;
const LAYERS = [3, 5];

export const FORM = {
  domain: 'domain.jsonl',
  evalDomain: 'domain-eval.jsonl',
  evalGeneral: 'general-eval.txt',
  steps: String(STEPS),
  learningRate: '1e-3',
  batchSize: '1',
  seqLen: String(SEQ_LEN),
  updateEvery: '50',
  saveEvery: String(SAVE_EVERY),
} as const;

/** What a person does first, in a workspace that is the sample: each part goes on from the one before. */
export class FirstSteps {
  constructor(
    readonly editor: Editor,
    readonly hand: Hand,
  ) {}

  /**
   * Exports a checkpoint to the folder that is offered.
   * @param by how the command is given
   * @returns path of the exported config.json
   */
  async exportCheckpoint(
    step: number,
    by: (label: string) => Promise<void> = (label) => this.hand.command(label),
  ): Promise<string> {
    const { editor } = this;
    const exports = join(editor.workspace, '.adept', 'exports');
    const exported = (): string[] => (existsSync(exports) ? readdirSync(exports) : []);
    const before = exported();
    await editor.answer(by, 'ADEPT: Export Model', [
      ['The checkpoint', `Step ${step}`],
      ['The data type of the weights', 'As the source'],
    ]);
    await editor.evidently('where to', () =>
      editor.page
        .getByText('The absolute path of a folder that does not exist or is empty')
        .first()
        .waitFor(),
    );
    await editor.acceptInput();
    const config = (): string =>
      join(exports, exported().find((name) => !before.includes(name)) ?? '', 'config.json');
    await this.until('the exported folder', () => existsSync(config()));
    return config();
  }

  /** From the palette to the heatmap. */
  async analyze(): Promise<void> {
    const { editor, hand } = this;
    const { keyboard } = editor.page;
    await hand.command('ADEPT: Analyze Model');
    await this.question('Analyze Model (1/2)');
    await editor.enter('workspace-model');
    await this.question('Analyze Model (2/2)');
    await editor.quickPickRow('general.txt').waitFor();
    await keyboard.type('general.txt');
    await keyboard.press('ArrowDown');
    await keyboard.press('Space');
    await editor.acceptInput();
    await this.change('Engine', 'Embedded');
    await this.change('Importance', 'Fast');
    await this.question('Analyze Model');
    await editor.enter('Analyze');
    const frame = await editor.webview('heatmap');
    await editor.evidently('the heatmap', () => frame.locator('tr[data-layer="7"]').waitFor());
  }

  /** Changes one of the things that the last page of Analyze Model shows. */
  private async change(what: string, answer: string): Promise<void> {
    await this.question('Analyze Model');
    await this.editor.enter(what);
    await this.question(`Analyze Model: ${what}`);
    await this.editor.enter(answer);
  }

  /** A question by its title, with its answers: they are looked for while it shows. */
  private async question(title: string): Promise<void> {
    const { page } = this.editor;
    await this.editor.evidently(`the question ${title}`, async () => {
      await page.locator('.quick-input-title').getByText(title, { exact: true }).waitFor();
      await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    });
  }

  /** Marks two layers, each of which changes the price. */
  async mark(): Promise<void> {
    const frame = await this.editor.webview('heatmap');
    const prices = new Set<string>();
    for (const layer of LAYERS) {
      await this.hand.markLayer(frame, layer);
      await frame.locator(`tr[data-layer="${layer}"][aria-selected="true"]`).waitFor();
      const price = await frame.locator('.price').innerText();
      assert.match(price, /Memory\s+about [\d.]+ [MG]B/);
      prices.add(price);
    }
    assert.equal(prices.size, LAYERS.length);
    assert.match(
      await frame.locator('.summary').innerText(),
      /^Copies of layers 3 and 5: 8 layers become 10\./,
    );
    assert.deepEqual(await axeFindings(frame), []);
  }

  /** Fills in the form and starts. @returns the run folder */
  async launch(): Promise<string> {
    const { editor, hand } = this;
    const frame = await editor.webview('heatmap');
    const name = await frame.locator('#field-name').inputValue();
    await hand.press(frame, '.more-settings > summary');
    for (const [field, text] of Object.entries(FORM)) {
      await hand.write(frame, `#field-${field}`, text);
    }
    await frame.locator('.preview p', { hasText: 'Copy layers 3 and 5' }).waitFor();
    await hand.press(frame, 'adept-launch-form vscode-button[type=submit]:not([aria-disabled])');
    await editor.webview('run');
    return join(editor.workspace, '.adept', 'runs', name);
  }

  /** Sees steps and curves move. */
  async watch(): Promise<void> {
    const frame = await this.editor.webview('run');
    await this.until('the first steps', async () => (await shownStep(frame)) > 0);
    const [step, picture] = [await shownStep(frame), await plot(frame)];
    await this.until('more steps', async () => (await shownStep(frame)) > step + 5);
    await this.until('another picture', async () => (await plot(frame)) !== picture);
    assert.deepEqual(await axeFindings(frame), []);
  }

  /** Pauses the run with its button. @returns the step that it stands at */
  async pause(run: string): Promise<number> {
    const { editor, hand } = this;
    const frame = await editor.webview('run');
    await hand.press(frame, 'vscode-button[data-command=pause]:not([aria-disabled])');
    await this.until('the pause', () => statusOf(RunFolder.at(run)).state === 'paused');
    await editor.evidently('that it is paused', () => frame.locator('.state-paused').waitFor());
    return statusOf(RunFolder.at(run)).step;
  }

  /** Sees the run end, however long it takes, as long as it moves. */
  async ended(frame: Frame): Promise<void> {
    const end = frame.locator('.state-done');
    while (!(await end.isVisible())) {
      const before = await shownStep(frame);
      await this.until(
        'another step, or the end',
        async () => (await end.isVisible()) || (await shownStep(frame)) > before,
      );
    }
  }

  /** Looks again and again until something is so. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await this.editor.evidently(what, async () => {
      const deadline = Date.now() + HANG_MILLISECONDS;
      while (!(await holds())) {
        if (Date.now() > deadline) {
          throw new Error('it did not come');
        }
        await this.editor.page.waitForTimeout(100);
      }
    });
  }
}

/** The number that stands behind "step" in the run panel; -1 when there is none. */
export async function shownStep(frame: Frame): Promise<number> {
  const text = await frame.locator('.progress-text').innerText();
  return Number(/step ([\d,]+) of/.exec(text)?.[1]?.replaceAll(',', '') ?? -1);
}

/** What the first plot shows, as a picture. */
export function plot(frame: Frame): Promise<string> {
  return frame
    .locator('.plot canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
}
