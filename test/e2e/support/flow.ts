import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { Frame } from 'playwright-core';
import { readEvents } from '../../../src/node/eventLog';
import { RunFolder } from '../../../src/node/runFolder';
import { type RunStatus, statusOf } from '../../../src/node/runStatus';
import { adeptResult } from '../../support/command';
import { projectRoot } from '../../support/projectRoot';
import { seriousViolations } from './accessibility';
import { Editor, WAIT_MILLISECONDS } from './editor';
import type { Hand } from './hands';

// Below the numbers that are shown with a separator.
const STEPS = 960;
const SAVE_EVERY = 240;
const SEQ_LEN = 64;
const LAYERS = [3, 5];

const FORM = {
  domain: 'domain.jsonl',
  evalDomain: 'domain-eval.jsonl',
  evalGeneral: 'general-eval.txt',
  steps: String(STEPS),
  learningRate: '1e-3',
  batchSize: '1',
  seqLen: String(SEQ_LEN),
  updateEvery: '50',
  saveEvery: String(SAVE_EVERY),
};

/**
 * The tests of the whole way, from the palette to an exported model with the loss of the run's last evaluation.
 * @param name of its screenshots
 */
export function wholeWay(handOf: (editor: Editor) => Hand, name: string): void {
  let editor: Editor;
  let hand: Hand;
  let run = '';

  before(async () => {
    editor = await Editor.open({
      workspace: join(projectRoot, 'media/sample'),
      settings: { 'security.workspace.trust.enabled': false },
    });
    hand = handOf(editor);
  });

  after(async () => {
    await editor.close();
  });

  const status = (): RunStatus => statusOf(RunFolder.at(run));

  /** Looks again and again until something is so. */
  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await editor.evidently(what, async () => {
      const deadline = Date.now() + WAIT_MILLISECONDS;
      while (!(await holds())) {
        if (Date.now() > deadline) {
          throw new Error('it did not come');
        }
        await editor.page.waitForTimeout(100);
      }
    });
  }

  /** The number that stands behind "step" in the run panel. */
  async function shownStep(frame: Frame): Promise<number> {
    const text = await frame.locator('.progress-text').innerText();
    return Number(/step ([\d,]+) of/.exec(text)?.[1]?.replaceAll(',', '') ?? -1);
  }

  /** What the first plot shows, as a picture. */
  function plot(frame: Frame): Promise<string> {
    return frame
      .locator('.plot canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  }

  it('analyzes the sample from the palette', async () => {
    await hand.command('ADEPT: Analyze Model');
    const answers = [
      ['1/5', 'workspace-model'],
      ['3/5', 'Embedded'],
      ['4/5', 'Fast'],
    ] as const;
    const step = async (at: string): Promise<void> => {
      await editor.evidently(`step ${at}`, async () => {
        await editor.page.locator('.quick-input-title', { hasText: `Analyze Model (${at})` }).waitFor();
        await editor.page.locator('.quick-input-list .monaco-list-row').first().waitFor();
      });
    };
    for (const [at, answer] of answers.slice(0, 1)) {
      await step(at);
      await editor.enter(answer);
    }
    await step('2/5');
    await editor.quickPickRow('general.txt').waitFor();
    await editor.page.keyboard.type('general.txt');
    await editor.page.keyboard.press('ArrowDown');
    await editor.page.keyboard.press('Space');
    await editor.page.keyboard.press('Enter');
    for (const [at, answer] of answers.slice(1)) {
      await step(at);
      await editor.enter(answer);
    }
    await step('5/5');
    await editor.page.keyboard.press('Enter');
    const frame = await editor.webview('heatmap');
    await editor.evidently('the heatmap', () => frame.locator('tr[data-layer="7"]').waitFor());
  });

  it('marks two layers, each of which changes the price', async () => {
    const frame = await editor.webview('heatmap');
    const prices = new Set<string>();
    for (const layer of LAYERS) {
      await hand.markLayer(frame, layer);
      await frame.locator(`tr[data-layer="${layer}"][aria-selected="true"]`).waitFor();
      prices.add(await frame.locator('.price').innerText());
      assert.match(await frame.locator('.price').innerText(), /Memory\s+about [\d.]+ [MG]B/);
    }
    assert.equal(prices.size, LAYERS.length);
    assert.match(
      await frame.locator('.summary').innerText(),
      /^Copies of layers 3 and 5: 8 layers become 10\./,
    );
    assert.deepEqual(await seriousViolations(frame), []);
  });

  it('launches from the form', async () => {
    const frame = await editor.webview('heatmap');
    const runName = await frame.locator('#field-name').inputValue();
    for (const [field, text] of Object.entries(FORM)) {
      await hand.write(frame, `#field-${field}`, text);
    }
    await frame.locator('.preview p', { hasText: 'Copy layers 3 and 5' }).waitFor();
    await editor.screenshot(`flow-${name}-form`);
    await hand.press(frame, 'button[type=submit].primary[aria-disabled=false]');
    run = join(editor.workspace, '.adept', 'runs', runName);
    await editor.webview('run');
  });

  it('shows the run move', async () => {
    const frame = await editor.webview('run');
    await until('the first steps', async () => (await shownStep(frame)) > 0);
    const [step, picture] = [await shownStep(frame), await plot(frame)];
    await until('more steps', async () => (await shownStep(frame)) > step + 5);
    await until('another picture', async () => (await plot(frame)) !== picture);
    await editor.screenshot(`flow-${name}-run`);
    assert.deepEqual(await seriousViolations(frame), []);
  });

  it('is there again, with its whole history, when the window was reloaded in the middle', async () => {
    const before = status();
    assert.equal(before.state, 'running');
    await editor.reload();
    const frame = await editor.webview('run');
    await until('the steps since', async () => (await shownStep(frame)) > before.step);
    assert.equal(status().pid, before.pid);
    await hand.press(frame, 'button[aria-pressed=false]:has-text("Show as table")');
    const steps = frame.getByRole('region', { name: 'Steps', exact: true });
    await editor.evidently('the history from the first step on', () =>
      steps
        .locator('tbody th')
        .filter({ hasText: /^\s*1[–\s]/ })
        .first()
        .waitFor(),
    );
    const evaluations = frame.getByRole('region', { name: 'Evaluations' });
    assert.equal(await evaluations.locator('tbody th').first().innerText(), '0');
    await editor.screenshot(`flow-${name}-reloaded`);
  });

  it('saves a checkpoint when it is asked to', async () => {
    const asked = (): number | undefined => status().checkpoints.find((step) => step % SAVE_EVERY !== 0);
    await until('a checkpoint beside the regular ones', async () => {
      if (asked() === undefined) {
        // Asked just when a regular one was due, it is that one that answers.
        await hand.command('ADEPT: Checkpoint Now');
        await editor.page.waitForTimeout(2000);
      }
      return asked() !== undefined;
    });
    const frame = await editor.webview('run');
    await editor.evidently('the checkpoint in the panel', () =>
      frame.locator('.checkpoint-key', { hasText: /checkpoint/ }).waitFor(),
    );
  });

  it('ends, and nothing is lost', async () => {
    const frame = await editor.webview('run');
    await editor.evidently('the end', () => frame.locator('.state-done').waitFor());
    const events = readEvents(RunFolder.at(run).file('events'));
    const steps = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
    assert.deepEqual(
      steps,
      Array.from({ length: STEPS }, (_, index) => index + 1),
    );
    const evaluated = events.flatMap((event) => (event.type === 'eval' ? [event.step] : []));
    const rows = frame.getByRole('region', { name: 'Evaluations' }).locator('tbody th');
    await until('every evaluation in the table', async () => (await rows.count()) === evaluated.length);
    assert.deepEqual((await rows.allInnerTexts()).map(Number), evaluated);
    const { state, checkpoints } = status();
    assert.equal(state, 'done');
    await editor.evidently('every checkpoint in the panel', () =>
      frame
        .locator('.checkpoint-key', {
          hasText: `${checkpoints.length} checkpoints, the last at step ${STEPS}`,
        })
        .waitFor(),
    );
  });

  it('compares two checkpoints', async () => {
    await hand.command('ADEPT: Compare Checkpoints');
    const { keyboard } = editor.page;
    for (const [question, answer] of [
      ['The one checkpoint', 'Base'],
      ['The other checkpoint', `Step ${STEPS}`],
    ] as const) {
      const input = editor.page.locator(`.quick-input-widget input[placeholder="${question}"]`);
      await editor.evidently(question, () => input.waitFor());
      await keyboard.type(answer);
      await editor.quickPickRow(answer).waitFor();
      await keyboard.press('Enter');
    }
    const frame = await editor.webview('comparison');
    await editor.evidently('the comparison', () => frame.locator('.heatmap td').first().waitFor());
    assert.equal(await frame.locator('h1').innerText(), `Comparison: base and step ${STEPS}`);
    await editor.screenshot(`flow-${name}-comparison`);
    assert.deepEqual(await seriousViolations(frame), []);
  });

  it('exports a folder with the loss of the last evaluation', async () => {
    await hand.command('ADEPT: Export Model');
    await editor.evidently('the checkpoints', () => editor.quickPickRow(`Step ${STEPS}`).waitFor());
    await editor.enter(`Step ${STEPS}`);
    await editor.evidently('where to', () =>
      editor.page
        .getByText('The absolute path of a folder that does not exist or is empty')
        .first()
        .waitFor(),
    );
    await editor.page.keyboard.press('Enter');
    const exports = join(editor.workspace, '.adept', 'exports');
    const config = (): string => join(exports, readdirSync(exports)[0] ?? '', 'config.json');
    await until('the exported folder', () => existsSync(exports) && existsSync(config()));
    const { domainLoss, generalLoss } = status();
    for (const [file, loss] of [
      [FORM.evalDomain, domainLoss],
      [FORM.evalGeneral, generalLoss],
    ] as const) {
      const result = await adeptResult([
        'eval',
        ...['--model', join(config(), '..'), '--data', join(editor.workspace, file)],
        ...['--seq-len', SEQ_LEN, '--engine', 'wasm'],
      ]);
      assert.ok(typeof result.loss === 'number' && loss !== null);
      assert.ok(Math.abs(result.loss - loss) < 1e-5, `${file}: ${result.loss}, in the run ${loss}`);
    }
  });

  it('violated no content security policy and left no error of its own', () => {
    assert.deepEqual(editor.problems, []);
  });
}
