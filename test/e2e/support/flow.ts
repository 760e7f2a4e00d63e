import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { readEvents } from '../../../src/node/run/eventWriter';
import { RunFolder } from '../../../src/node/run/runFolder';
import { type RunStatus, statusOf } from '../../../src/node/run/runStatus';
import { adeptResult } from '../../support/command';
import { axeFindings } from '../../webview/support/axe';
import type { Editor } from './editor';
import { FirstSteps, FORM, SEQ_LEN, shownStep, STEPS } from './firstSteps';
import type { Hand } from './hands';

/**
 * The tests of the whole way, from the palette to an exported model with the loss of the run's last evaluation, in a window of a
 * trusted workspace that is the sample.
 */
export function wholeFlow(windowOf: () => Editor, handOf: (editor: Editor) => Hand): void {
  let editor: Editor;
  let hand: Hand;
  let steps: FirstSteps;
  let run = '';

  before(() => {
    editor = windowOf();
    hand = handOf(editor);
    steps = new FirstSteps(editor, hand);
  });

  const status = (): RunStatus => statusOf(RunFolder.at(run));

  it('analyzes the sample from the palette', () => steps.analyze());

  it('marks two layers, each of which changes the price', () => steps.mark());

  it('launches from the form', async () => {
    run = await steps.launch();
  });

  it('shows the run move', async () => {
    await steps.watch();
    await editor.picture(`flow-${hand.name}-run`);
  });

  it('pauses, and saves a checkpoint when it is asked to', async () => {
    const step = await steps.pause(run);
    await hand.command('ADEPT: Checkpoint Now');
    await steps.until('a checkpoint where it stands', () => status().checkpoints.includes(step));
    const frame = await editor.webview('run');
    await editor.evidently('the checkpoint in the panel', () =>
      frame.locator('.checkpoint-key', { hasText: /checkpoint/ }).waitFor(),
    );
  });

  it('is there again, with its whole history, when the window was reloaded in the middle', async () => {
    const before = status();
    await editor.reload();
    const frame = await editor.webview('run');
    await editor.evidently('the paused run', () => frame.locator('.state-paused').waitFor());
    assert.equal(await shownStep(frame), before.step);
    await hand.press(frame, 'vscode-button[aria-pressed=false]:has-text("Show as table")');
    const region = frame.getByRole('region', { name: 'Steps', exact: true });
    await editor.evidently('the history from the first step on', () =>
      region
        .locator('tbody th')
        .filter({ hasText: /^\s*1(\D|$)/ })
        .first()
        .waitFor(),
    );
    const evaluations = frame.getByRole('region', { name: 'Evaluations' });
    assert.equal(await evaluations.locator('tbody th').first().innerText(), '0');
    await editor.picture(`flow-${hand.name}-reloaded`);
    await hand.press(frame, 'vscode-button[data-command=resume]:not([aria-disabled])');
    await steps.until('the steps since', async () => (await shownStep(frame)) > before.step);
    assert.equal(status().pid, before.pid);
  });

  it('ends, and nothing is lost', async () => {
    const frame = await editor.webview('run');
    await steps.ended(frame);
    const events = readEvents(RunFolder.at(run).file('events'));
    const trained = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
    assert.deepEqual(
      trained,
      Array.from({ length: STEPS }, (_, index) => index + 1),
    );
    const evaluated = events.flatMap((event) => (event.type === 'eval' ? [event.step] : []));
    const rows = frame.getByRole('region', { name: 'Evaluations' }).locator('tbody th');
    await steps.until('every evaluation in the table', async () => (await rows.count()) === evaluated.length);
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
    await editor.answer((label) => hand.command(label), 'ADEPT: Compare Checkpoints', [
      ['The first checkpoint', 'Base'],
      ['The second checkpoint', `Step ${STEPS}`],
    ]);
    const frame = await editor.webview('comparison');
    await editor.evidently('the comparison', () => frame.locator('.heatmap td').first().waitFor());
    assert.equal(await frame.locator('h1').innerText(), `Comparison: base and step ${STEPS}`);
    await editor.picture(`flow-${hand.name}-comparison`);
    assert.deepEqual(await axeFindings(frame), []);
  });

  it('exports a folder with the loss of the last evaluation', async () => {
    const config = await steps.exportCheckpoint(STEPS);
    const { domainLoss, generalLoss } = status();
    for (const [file, loss] of [
      [FORM.evalDomain, domainLoss],
      [FORM.evalGeneral, generalLoss],
    ] as const) {
      const result = await adeptResult([
        'eval',
        ...['--model', join(config, '..'), '--data', join(editor.workspace, file)],
        ...['--seq-len', SEQ_LEN, '--engine', 'wasm'],
      ]);
      assert.ok(typeof result.loss === 'number' && loss !== null);
      assert.ok(Math.abs(result.loss - loss) < 1e-5, `${file}: ${result.loss}, in the run ${loss}`);
    }
  });
}
