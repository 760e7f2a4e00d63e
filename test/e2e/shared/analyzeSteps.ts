import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { ImportanceFile } from '../../../src/shared/method/importance';
import { contrastLayers, lowestLayers } from '../../../src/shared/method/layerChoice';
import { axeFindings } from '../../webview/support/axe';
import type { Editor } from '../support/editor';

/** Those that are whole: one that is being written has another name until then. */
function analysesIn(workspace: string): ImportanceFile[] {
  const folder = join(workspace, '.adept', 'importance');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => v.parse(ImportanceFile, JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}

/** In a window of a trusted workspace that holds the sample, with texts of a few lines. */
export function analyzeSteps(windowOf: () => Editor): void {
  describe('the steps of Analyze Model', () => {
    /** The step that the quick pick is at, as its title says it, with its answers: they are looked for while it shows. */
    async function step(title: string): Promise<void> {
      const editor = windowOf();
      await editor.evidently(title, async () => {
        await asks(title);
        await editor.page.locator('.quick-input-list .monaco-list-row').first().waitFor();
      });
    }

    /** What is typed before the question with this title shows goes into the one before it. */
    async function asks(title: string): Promise<void> {
      await windowOf().page.locator('.quick-input-title').getByText(title, { exact: true }).waitFor();
    }

    /** Changes one of the things that the last page shows. */
    async function change(what: string, answer: string): Promise<void> {
      await step('Analyze Model');
      await windowOf().enter(what);
      await step(`Analyze Model: ${what}`);
      await windowOf().enter(answer);
    }

    it('are answered with the keyboard alone, and one can go back', async () => {
      const editor = windowOf();
      const { keyboard } = editor.page;
      await editor.runCommand('ADEPT: Analyze Model');
      await step('Analyze Model (1/2)');
      await editor.quickPickRow('workspace-model').waitFor();
      await editor.picture('analyze-step-model');
      // What cannot be used stands last, and says why when it is chosen.
      const broken = editor.quickPickRow('broken-model');
      await broken.waitFor();
      assert.match((await broken.getAttribute('aria-label')) ?? '', /model\.safetensors: is not a complete/);
      assert.equal(await broken.getAttribute('data-last-element'), 'true');
      await editor.enter('broken-model');
      await step('Analyze Model (1/2)');
      await editor.page.getByPlaceholder(/broken-model.*is not a complete/).waitFor();
      await editor.enter('workspace-model');
      await step('Analyze Model (2/2)');
      // Of the command workbench.action.quickInputBack.
      await keyboard.press(process.platform === 'darwin' ? 'Control+Minus' : 'Control+Alt+Minus');
      await step('Analyze Model (1/2)');
      await editor.enter('workspace-model');
      await step('Analyze Model (2/2)');
      await editor.quickPickRow('general.txt').waitFor();
      await editor.acceptInput();
      await editor.page.getByPlaceholder(/^Choose at least one/).waitFor();
      // Whoever ticks all ticks texts, and nothing else.
      const all = editor.page.locator('.quick-input-header > [role="checkbox"]');
      const ticked = editor.page.locator('.quick-input-list .monaco-list-row[aria-checked="true"]');
      await all.click();
      await editor.evidently('every text ticked', () => ticked.first().waitFor());
      const names = await ticked.evaluateAll((rows) =>
        rows.map((row) => row.getAttribute('aria-label') ?? ''),
      );
      assert.ok(
        names.length > 1 && names.every((name) => /^[\w-]+\.(txt|jsonl)/.test(name)),
        names.join('\n'),
      );
      await all.click();
      await editor.evidently('none of them', () => ticked.first().waitFor({ state: 'detached' }));
      await keyboard.type('general.txt');
      await keyboard.press('ArrowDown');
      await keyboard.press('Space');
      await editor.picture('analyze-step-probe');
      await editor.acceptInput();
      await step('Analyze Model');
      await editor.enter('Domain text');
      await step('Analyze Model: Domain text');
      await editor.quickPickRow('domain.jsonl').waitFor();
      await keyboard.type('domain.jsonl');
      await keyboard.press('ArrowDown');
      await keyboard.press('Space');
      await editor.acceptInput();
      await change('Engine', 'Embedded');
      await change('Importance', 'Fast');
      await step('Analyze Model');
      await editor.enter('Sequence length');
      await asks('Analyze Model: Sequence length');
      const length = editor.page.locator('.quick-input-widget input');
      await length.fill('999999');
      await editor.page.getByText(/has \d+ positions: give as many at most/).waitFor();
      await length.fill('256');
      await editor.acceptInput();
      await step('Analyze Model');
      await editor.enter('Measure the Time');
      await editor.evidently('what it costs', () =>
        editor.page
          .locator('.quick-input-list')
          .getByText(/^about .*, measured on 2 sequences/)
          .waitFor(),
      );
      await editor.picture('analyze-review');
      await editor.enter('Analyze');
      const heatmap = await editor.webview('heatmap');
      await heatmap.locator('.fold-quadrants > summary').click();
      await editor.evidently('general × domain importance', () =>
        heatmap.locator('adept-quadrant-plot .point[data-layer="7"]').waitFor(),
      );
      await editor.picture('analyzed-both');
      const [saved] = analysesIn(editor.workspace);
      assert.deepEqual(
        [saved?.mode, saved?.probe.sources, saved?.probe.sequences, saved?.probe.sampling],
        ['fast', [join(editor.workspace, 'general.txt')], 3, 'spread'],
      );
      assert.deepEqual(saved?.domain?.probe.sources, [join(editor.workspace, 'domain.jsonl')]);
      await editor.runCommand('View: Show ADEPT');
      await editor.evidently('the analyzed model', () =>
        editor.page.getByRole('treeitem', { name: /^workspace-model, 8 layers, .*, analyzed/ }).waitFor(),
      );
      await editor.picture('analyzed');
    });

    it('lead to layers important to the domain, at rates that are shown, within a budget', async () => {
      const editor = windowOf();
      const [saved] = analysesIn(editor.workspace);
      assert.ok(saved);
      const heatmap = await editor.webview('heatmap');
      await editor.evidently('the confidence of the choice', () =>
        heatmap.getByText(/^the same layers in \d+\s?% of resamples of the text/).waitFor(),
      );
      await heatmap
        .getByLabel('Layers to suggest')
        .selectOption({ label: 'Layers more important to the domain' });
      await heatmap.locator('#lowest').fill('2');
      await heatmap.getByRole('button', { name: 'Suggest' }).click();
      const layers = contrastLayers(saved, 2, 8, 'it');
      for (const layer of layers) {
        await heatmap.locator(`tr[data-layer="${layer}"][aria-selected="true"]`).waitFor();
      }
      const chosen = await heatmap.locator('#field-domain').inputValue();
      assert.match(chosen, /domain\.jsonl$/, 'the text that was measured is the one that is trained on');
      await heatmap.locator('.rate-settings summary').click();
      await heatmap.locator('#field-steps').fill('100');
      await heatmap.locator('#field-learningRate').fill('50');
      await heatmap.locator('.more-settings > summary').click();
      await heatmap.locator('#field-seqLen').fill('999999');
      await editor.evidently('what the model cannot, and what hardly anybody means', async () => {
        await heatmap
          .locator('#field-seqLen-problem')
          .getByText(/^The model has \d+ positions/)
          .waitFor();
        await heatmap
          .locator('#launch-check')
          .getByText(/A rate of 50 destroys a language model/)
          .waitFor();
        await heatmap.locator('.plan-bar .check-sign').getByText('1 to correct').waitFor();
      });
      // Where a field is wrong, the button leads there and starts nothing.
      const runs = (): string[] => readdirSync(join(editor.workspace, '.adept', 'runs'));
      const before = runs();
      await heatmap.getByRole('button', { name: 'Start tuning' }).click();
      await heatmap.locator('#field-seqLen:focus').waitFor();
      assert.deepEqual(runs(), before);
      const check = heatmap.locator('#launch-check');
      const warned = async (fields: Readonly<Record<string, string>>, text: RegExp): Promise<void> => {
        for (const [field, value] of Object.entries(fields)) {
          await heatmap.locator(`#field-${field}`).fill(value);
        }
        await editor.evidently(String(text), () => check.getByText(text).waitFor());
      };
      await warned(
        { seqLen: '256', learningRate: '0.001', warmup: '200' },
        /The warm-up of 200 steps is not over/,
      );
      await warned({ warmup: '0', saveEvery: '500' }, /There is no checkpoint before the end: 500/);
      await warned({ batchSize: '1000000' }, /It needs about .*GB of memory, and this machine has/);
      await warned({ batchSize: '4', steps: '1000000000', saveEvery: '1' }, /take about .*GB of disk, and/);
      await heatmap.locator('#field-steps').fill('100');
      await heatmap.locator('#field-saveEvery').fill('50');
      await check.getByText(/of disk/).waitFor({ state: 'detached' });
      await heatmap.locator('#field-seqLen-problem').waitFor({ state: 'detached' });
      // What is evaluated counts in the time, and can be bounded.
      const whole = heatmap.locator('.price div', { hasText: 'Whole run' }).locator('dd');
      const seldom = await whole.innerText();
      assert.match(seldom, /of which .* evaluations and .* refreshes/);
      await heatmap.locator('#field-evalEvery').fill('1');
      await editor.evidently('a longer run', () => whole.filter({ hasNotText: seldom }).waitFor());
      const often = await whole.innerText();
      await heatmap.locator('#field-maxEvalSequences').fill('1');
      await editor.evidently('a shorter run', () => whole.filter({ hasNotText: often }).waitFor());
      await heatmap.locator('#field-evalEvery').fill('');
      const rates = heatmap.locator('.rates tbody tr');
      await editor.evidently('a learning rate for every unit of both copies', () => rates.first().waitFor());
      assert.equal(await rates.count(), saved.units.filter(({ layer }) => layers.includes(layer)).length);
      await heatmap.locator('.fold-groups > summary').click();
      const heads = heatmap.locator('.groups-table tbody tr').first().locator('td');
      const { parts } = saved.units.find(({ name }) => name === 'self_attn.q_proj') ?? {};
      await editor.evidently('the heads of the queries', () => heads.first().waitFor());
      assert.equal(await heads.count(), parts?.length);
      await heatmap.locator('.budget summary').click();
      await heatmap.locator('#budget-slowdown').fill('1.2');
      const fitting = heatmap.locator('.choices').getByRole('button', { name: /^Mark layer \d$/ });
      await editor.evidently('the one choice that fits', () => fitting.waitFor());
      await fitting.click();
      const lowest = lowestLayers(saved, 1, 8, 'it');
      await heatmap.locator(`tr[data-layer="${lowest[0]}"][aria-selected="true"]`).waitFor();
      assert.equal(await heatmap.locator('tr[aria-selected="true"]').count(), 1);
      assert.deepEqual(await axeFindings(heatmap), []);
      await editor.picture('controlled');
    });

    it('remember what was answered', async () => {
      const editor = windowOf();
      await editor.runCommand('ADEPT: Analyze Model');
      // Everything is known: there is one page, and one key to press.
      await step('Analyze Model');
      await editor.enter('General text');
      await step('Analyze Model: General text');
      // Where it is seen: first, and ticked.
      await editor.page.getByText('chosen the last time').waitFor();
      const top = editor.page.locator('.quick-input-list .monaco-list-row[aria-checked]').first();
      assert.match((await top.getAttribute('aria-label')) ?? '', /^general\.txt/);
      assert.equal(await top.getAttribute('aria-checked'), 'true');
      await editor.page.keyboard.press('Escape');
      await step('Analyze Model');
      await editor.enter('Analyze');
      await editor.evidently('the second analysis', async () => {
        while (analysesIn(editor.workspace).length < 2) {
          await editor.page.waitForTimeout(200);
        }
      });
      const [first, second] = analysesIn(editor.workspace);
      assert.deepEqual(second?.probe, first?.probe);
      assert.deepEqual(second?.domain?.probe, first?.domain?.probe);
      assert.equal(second?.mode, 'fast');
    });
  });
}
