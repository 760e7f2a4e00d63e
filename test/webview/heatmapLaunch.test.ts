import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { parseLaunchText } from '../../src/shared/launch/launchConfig';
import { FromHeatmap } from '../../src/shared/webview/heatmap';
import { FIRST_VIEW, HeatmapView } from '../../webview/heatmap/heatmapView';
import { heatmapContent } from './support/heatmapContent';
import { markedLayers, withHeatmap } from './support/heatmapPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

describe('a view that another version saved', () => {
  it('loses what was typed into a form of other fields, and nothing else', () => {
    const saved = {
      ...FIRST_VIEW,
      marked: [2, 5],
      form: { name: 'old', files: {}, settings: { steps: '5' } },
    };
    assert.deepEqual(v.parse(HeatmapView, saved), { ...FIRST_VIEW, marked: [2, 5] });
  });
});

describe("the heatmap's plan and launch form", { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('can be worked with the keyboard alone, from the first cell to the launched run', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      const before = await webview.page.innerText('.summary');
      await page.locator('table [tabindex="0"]').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Space');
      const one = await webview.page.innerText('.summary');
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const two = await webview.page.innerText('.summary');
      assert.equal(new Set([before, one, two]).size, 3);
      assert.match(two, /layers 1 and 2: 5 layers become 7/);
      assert.deepEqual(
        (
          await webview.waitForMessage('marked', ({ layers }) =>
            v.is(v.tuple([v.literal(1), v.literal(2)]), layers),
          )
        ).layers,
        [1, 2],
      );
      assert.deepEqual(await markedLayers(page), [1, 2]);

      // To the form by Tab alone.
      for (
        let press = 0;
        press < 40 &&
        !(await page.locator('#field-name').evaluate((field) => field === document.activeElement));
        press++
      ) {
        await page.keyboard.press('Tab');
      }
      const type = async (id: string, text: string): Promise<void> => {
        await page.keyboard.press('Tab');
        if (!(await page.locator(`#field-${id}`).evaluate((field) => field === document.activeElement))) {
          await page.keyboard.press('Tab');
        }
        await page.keyboard.type(text);
        assert.equal(await page.inputValue(`#field-${id}`), text);
      };
      await type('domain', 'texts/domain.jsonl');
      await page.locator('#field-steps').focus();
      await page.keyboard.type('0');
      const error = page.locator('#field-steps-problem');
      assert.equal(await error.innerText(), 'Give a whole number of at least 1.');
      assert.equal(await page.getAttribute('#field-steps', 'aria-invalid'), 'true');
      assert.match(
        (await page.getAttribute('#field-steps', 'aria-describedby')) ?? '',
        /field-steps-problem/,
      );
      await page.keyboard.press('Backspace');
      await page.keyboard.type('200');
      assert.equal(await error.count(), 0);
      await page.keyboard.press('Tab');
      await page.keyboard.type('1e-3');
      assert.match(
        await page.innerText('.preview p'),
        /^Copy layers 1 and 2, train [\d,]+ parameters for 200 steps on domain\.jsonl\.$/,
      );
      await page.keyboard.press('Enter');
      const launch = v.parse(FromHeatmap, await webview.waitForMessage('launch'));
      assert.ok(launch.type === 'launch');
      const config = parseLaunchText(launch.text, 'launch');
      assert.deepEqual(config.expand, { layers: [1, 2] });
      assert.deepEqual(config.domain, ['texts/domain.jsonl']);
      assert.deepEqual([config.tune.steps, config.tune.learningRate], [200, 1e-3]);
      await webview.send({ type: 'launched', file: '/space/tune-1.adept.json', nextName: 'tune-2' });
      await page.waitForSelector('#launch-outcome:has-text("/space/tune-1.adept.json")');
      assert.equal(await page.inputValue('#field-name'), 'tune-2');

      await page.getByRole('button', { name: 'Add to Queue' }).click();
      const queued = v.parse(
        FromHeatmap,
        await webview.waitForMessage('launch', (one) => one.queued === true),
      );
      assert.ok(queued.type === 'launch');
      assert.match(parseLaunchText(queued.text, 'launch').out, /tune-2$/);
      await webview.send({
        type: 'launched',
        file: '/space/tune-2.adept.json',
        nextName: 'tune-3',
        queued: true,
      });
      await page.waitForSelector(
        '#launch-outcome:has-text("In the queue; written to /space/tune-2.adept.json")',
      );
    });
  });

  it('says which files are missing as the host finds them, and starts nothing before they are there', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      await page.locator('tr[data-layer="3"] th').click();
      await page.click('vscode-button:has-text("Browse")');
      assert.equal((await webview.waitForMessage('pick')).field, 'domain');
      await webview.send({ type: 'picked', field: 'domain', paths: ['/data/a.txt', '/data/b.pdf'] });
      await webview.waitForMessage(
        'check',
        ({ files }) => v.is(v.array(v.string()), files) && files.includes('/data/b.pdf'),
      );
      assert.equal(await page.inputValue('#field-domain'), '/data/a.txt\n/data/b.pdf');
      const problem = '/data/b.pdf: a corpus file ends in .txt, not ".pdf": convert it.';
      await webview.send({
        type: 'checked',
        name: { text: 'tune-1', problem: null },
        files: [
          { path: '/data/a.txt', problem: null },
          { path: '/data/b.pdf', problem },
        ],
      });
      await page.waitForSelector('#field-domain-problem');
      assert.equal(await page.innerText('#field-domain-problem'), problem);
      await page.fill('#field-steps', '10');
      await page.click('vscode-button:has-text("Start tuning")');
      assert.match(
        await page.innerText('#launch-outcome'),
        /complete “Learning rate” and correct “Domain text”/,
      );
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'field-domain');
      await page.fill('#field-domain', '/data/a.txt');
      await page.fill('#field-learningRate', '0.001');
      await page.press('#field-learningRate', 'Enter');
      await webview.waitForMessage('launch');
      await webview.send({ type: 'notLaunched', problem: 'No room.' });
      await page.waitForSelector('#launch-outcome.error:has-text("No room.")');
    });
  });

  it('warns beside Start of what hardly anybody means, and refuses what the model cannot', async () => {
    const content = heatmapContent();
    const poor = { memoryBytes: 1e6, freeMemoryBytes: 5e5, freeDiskBytes: 1e6 };
    await withHeatmap(
      browser,
      async ({ page }) => {
        await page.locator('tbody tr[data-layer="1"] th').click();
        await page.fill('#field-domain', '/data/a.txt');
        await page.fill('#field-steps', '40');
        await page.fill('#field-learningRate', '50');
        await page.click('.more-settings > summary');
        await page.fill('#field-warmup', '100');
        await page.fill('#field-saveEvery', '500');
        const warnings = await page.locator('#launch-check li').allInnerTexts();
        for (const [index, start] of [
          'General loss is measured on the probe',
          'Learning rate: A rate of 50 destroys a language model',
          'Warm-up: The warm-up of 100 steps is not over when the run ends, after 40.',
          'Update interval: Learning rates are never refreshed',
          'Save every: There is no checkpoint before the end: 500 is more than the 40 steps.',
          'It needs about ',
          'Its models and checkpoints take about ',
        ].entries()) {
          assert.ok(warnings[index]?.trim().startsWith(start), `${warnings[index] ?? ''}\nis not: ${start}`);
        }
        assert.equal((await page.innerText('.plan-bar .check-sign')).trim(), '7 warnings');
        await page.click('.plan-bar button.check-sign');
        await page.waitForFunction(() => {
          const { top = -1, bottom = Infinity } =
            document.querySelector('#launch-check')?.getBoundingClientRect() ?? {};
          return top >= 0 && bottom <= innerHeight;
        });
        const described = await page.getAttribute(
          'adept-launch-form vscode-button[type=submit]',
          'aria-describedby',
        );
        assert.match(described ?? '', /launch-check/);

        await page.fill('#field-seqLen', '999999');
        await page.waitForSelector('#field-seqLen-problem:has-text("The model has 512 positions")');
        assert.equal((await page.innerText('.plan-bar .check-sign')).trim(), '1 to correct');
        await page.fill('#field-steps', '');
        await page.waitForSelector('.preview:has-text("complete “Steps” and correct “Sequence length”")');
        await page.fill('#field-steps', '40');
        await page.fill('#field-seqLen', '64');
        await page.waitForSelector('#field-seqLen-problem', { state: 'detached' });
      },
      { content: { ...content, launch: { ...content.launch, machine: poor } } },
    );
  });

  it('keeps what the plan costs in sight, and leads to the form', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      assert.match(await page.innerText('.plan-bar'), /No layer is marked/);
      await page.locator('tbody tr[data-layer="1"] th').click();
      assert.match(
        await page.innerText('.plan-bar'),
        /layer 1: 5 → 6.*parameters.*a step.*inference 1\.\d\d×/s,
      );
      await page.setViewportSize({ width: 620, height: 400 });
      await page.evaluate(() => {
        window.scrollTo({ top: 600 });
      });
      const box = await page.locator('.plan-bar').boundingBox();
      assert.ok(box !== null && box.y >= 0 && box.y < 2, JSON.stringify(box));
      await page.click('.plan-bar vscode-button');
      assert.ok(await page.locator('#field-name').evaluate((field) => field === document.activeElement));
    });
  });

  it('takes marks back, and gives them again', async () => {
    await withHeatmap(browser, async ({ page }) => {
      const undo = page.getByRole('button', { name: 'Undo the last change of marks' });
      assert.equal(await undo.getAttribute('aria-disabled'), 'true');
      await page.locator('tbody tr[data-layer="1"] th').click();
      await page.locator('tbody tr[data-layer="3"] th').click();
      await undo.click();
      assert.deepEqual(await markedLayers(page), [1]);
      // The focus stays on a button that has nothing more to do.
      await page.keyboard.press('Control+z');
      assert.deepEqual(await markedLayers(page), []);
      await page.keyboard.press('Control+Shift+z');
      assert.deepEqual(await markedLayers(page), [1]);
      await page.getByRole('button', { name: 'Redo it' }).click();
      assert.deepEqual(await markedLayers(page), [1, 3]);
    });
  });

  it('says of each text how large it is and, once known, its tokens, and shows it as the model gets it', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      await page.fill('#field-domain', 'shards\nmore/*.jsonl');
      await page.click('.more-settings > summary');
      await page.fill('#field-seqLen', '128');
      const files = ['shards', 'more/*.jsonl'];
      const isThese = (texts: unknown): boolean => JSON.stringify(texts).includes(JSON.stringify(files));
      await webview.waitForMessage('check', ({ texts }) => isThese(texts));
      const checked = {
        type: 'checked',
        name: { text: 'tune-1', problem: null },
        files: files.map((path) => ({ path, problem: null })),
      };
      await webview.send({ ...checked, texts: [{ files, bytes: 1_234_567, tokens: null }] });
      await page.waitForSelector('#field-domain-note:has-text("1.23 MB")');
      await webview.send({ ...checked, texts: [{ files, bytes: 1_234_567, tokens: 33_284 }] });
      await page.waitForSelector('#field-domain-note:has-text("1.23 MB, 33,284 tokens")');
      assert.match((await page.getAttribute('#field-domain', 'aria-describedby')) ?? '', /field-domain-note/);

      await page.click('summary:has-text("How texts are read")');
      await page.fill('#field-documentEnd', 'none');
      await page.selectOption('#field-packing', 'separate');
      assert.deepEqual(await webview.accessibilityFaults(), []);
      await page.getByRole('button', { name: 'Preview (Domain text)' }).focus();
      await page.keyboard.press('Enter');
      const { type, ...asked } = await webview.waitForMessage('previewText');
      assert.equal(type, 'previewText');
      assert.deepEqual(asked, { files, text: { documentEnd: 'none', packing: 'separate' }, seqLen: 128 });
      // What is known is of the text that was named, and of no other.
      await page.fill('#field-domain', 'shards');
      await page.waitForSelector('#field-domain-note', { state: 'detached' });
      assert.equal(await page.getByRole('button', { name: 'Preview (Replayed general text)' }).count(), 0);
      await takePicture(page.locator('adept-launch-form'), 'launch-form-texts');
    });
  });

  it('says which engine computes, asks for ranks where that is PyTorch, and takes what a command was told', async () => {
    const facts = {
      ...{ python: '3.12.1', versions: { torch: '2.9.0' }, device: 'NVIDIA H200', gpus: 8, cuda: '12.8' },
      ...{ metal: false, bfloat16: true },
    };
    const torch = { interpreter: '/venv/bin/python', gpus: 8, facts };
    for (const theme of ['light', 'dark'] as const) {
      await withHeatmap(
        browser,
        async (webview) => {
          const { page } = webview;
          const form = page.locator('adept-launch-form');
          const note = page.locator('#field-engine-note');
          assert.equal(await note.innerText(), 'now Native: libtensorflow 2.21.0 on the processor');
          assert.equal(await page.locator('#field-ranks').count(), 0);
          await page.selectOption('#field-engine', 'torch');
          assert.equal(await note.innerText(), 'not set up: starting offers to set it up');
          assert.match(await page.innerText('#field-ranks-note'), /^no GPU was found/);
          // It was set up meanwhile, and is what auto is now.
          const { launch, ...rest } = heatmapContent();
          const engines = { ...launch.engines, auto: 'torch' as const, torch };
          await webview.send({ ...rest, launch: { ...launch, engines } });
          await page.waitForSelector('#field-engine-note:has-text("PyTorch 2.9.0 on 8 × NVIDIA H200")');
          assert.equal(await page.innerText('#field-ranks-note'), 'GPUs that were found: 8');
          await page.fill('#field-ranks', '0');
          await page.waitForSelector('#field-ranks-problem:has-text("Give a whole number of at least 1.")');
          await webview.send({ type: 'focusLaunch', compute: { ranks: 4, dtype: 'bfloat16' } });
          await page.waitForSelector('#field-ranks-problem', { state: 'detached' });
          assert.equal(await page.inputValue('#field-ranks'), '4');
          await page.locator('tr[data-layer="2"] th').click();
          for (const [field, text] of [
            ['domain', 'd.txt'],
            ['steps', '9'],
            ['learningRate', '1e-3'],
          ] as const) {
            await page.fill(`#field-${field}`, text);
          }
          assert.deepEqual(await webview.accessibilityFaults(), []);
          await form.locator('.compute').scrollIntoViewIfNeeded();
          await takePicture(form, `launch-form-engine-${theme}`);
          const written = async (): Promise<unknown[]> => {
            const text = (await page.textContent('.preview pre')) ?? '';
            const { engine, ranks, dtype } = parseLaunchText(text, 'preview');
            return [engine, ranks, dtype];
          };
          assert.deepEqual(await written(), ['torch', 4, 'bfloat16']);
          // The setting changed, and with it what this run is computed by.
          await webview.send({ ...rest, launch: { ...launch, engines, engine: 'native' } });
          await page.waitForSelector('#field-ranks', { state: 'detached' });
          assert.deepEqual(await written(), ['native', undefined, undefined]);
          await webview.send({ ...rest, launch: { ...launch, engines } });
          await page.waitForSelector('#field-ranks');
          assert.deepEqual(await written(), ['auto', 4, 'bfloat16']);
        },
        { theme },
      );
    }
  });

  it('names what “auto” comes to, and what was skipped, as the analysis told', async () => {
    const { importance, ...rest } = heatmapContent();
    const probe = { ...importance.probe, documentStart: '<s>', documentEnd: '', skipped: 12 };
    await withHeatmap(
      browser,
      async ({ page }) => {
        assert.match(await page.innerText('.facts'), /<s> before each document · 12 rows held no document/);
        await page.click('summary:has-text("How texts are read")');
        assert.match(await page.innerText('#field-documentStart-help'), /Here auto is <s>\.$/);
        assert.match(await page.innerText('#field-documentEnd-help'), /Here auto is no token\.$/);
      },
      { content: { ...rest, importance: { ...importance, probe } } },
    );
  });

  it('shows everything and starts nothing in Restricted Mode, and says why', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        await page.locator('tr[data-layer="3"] th').click();
        assert.match(await webview.page.innerText('.summary'), /layer 3/);
        assert.ok(await page.isDisabled('vscode-button:has-text("Expand without tuning")'));
        assert.equal(
          await page.getAttribute('vscode-button:has-text("Start tuning")', 'aria-disabled'),
          'true',
        );
        assert.match(await page.innerText('#launch-outcome'), /not trusted/);
        await page.locator('vscode-button:has-text("Start tuning")').click({ force: true });
        await page.click('vscode-button:has-text("Manage Workspace Trust")');
        await webview.waitForMessage('manageTrust');
        assert.equal((await webview.sent()).filter(({ type }) => type === 'launch').length, 0);
        await webview.send({ type: 'trusted' });
        await page.waitForSelector('vscode-button:has-text("Expand without tuning"):not([aria-disabled])');
        await page.click('vscode-button:has-text("Expand without tuning")');
        assert.deepEqual((await webview.waitForMessage('expand')).layers, [3]);
      },
      { content: { ...heatmapContent(), trusted: false } },
    );
  });

  it('does without a price when the model is not there, and says why', async () => {
    await withHeatmap(
      browser,
      async ({ page }) => {
        await page.locator('tr[data-layer="3"] th').click();
        assert.match(
          await page.innerText('.plan'),
          /Copies of layer 3: 5 layers become 6\..*No cost estimate: \/m\/config\.json is gone/s,
        );
      },
      {
        content: {
          ...heatmapContent(),
          model: { found: false, problem: '/m/config.json is gone: analyze it again.' },
        },
      },
    );
  });
});
