import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { USUAL_ASK_SETTINGS } from '../../src/shared/playground/askSettings';
import { FromPlayground, PlaygroundView } from '../../src/shared/webview/playground';
import { takePicture } from '../support/picture';
import {
  answered,
  column,
  EXPORTED,
  kept,
  PROMPT,
  round,
  show,
  USUAL_SIDES,
} from './support/playgroundContent';
import { overflow, withShownPage } from './support/shownPage';
import { launchChromium, noChromium, type WebviewOptions, type WebviewPage } from './support/webviewPage';

const WIDE = { width: 1400, height: 900 };
const NARROW = { width: 900, height: 700 };
const SLIM = { width: 320, height: 700 };

const KeptView = v.object({ view: PlaygroundView });

describe('the playground', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  function shown(
    message: Record<string, unknown>,
    work: (webview: WebviewPage) => Promise<void>,
    options: WebviewOptions = {},
  ): Promise<void> {
    const page = { browser, name: 'playground', says: FromPlayground, message, source: {}, ...options };
    return withShownPage(page, work);
  }

  it('looks right before a prompt, with answers and with a problem, wide and narrow, in every theme', async () => {
    const long = round([
      column(0, { text: 'word '.repeat(3000), end: 'length' }),
      column(1, {
        problem: 'Answering has ended: its process was ended by the signal SIGKILL.',
        end: 'stopped',
      }),
    ]);
    const ended = {
      ...answered(),
      round: long,
      process: {
        state: 'ended',
        engine: null,
        problem: 'Answering has ended: its process was ended by the signal SIGKILL.',
      },
    };
    const scenes = { first: show(), answered: answered(), ended };
    await shown(scenes.first, async (webview) => {
      const { page } = webview;
      for (const [name, scene] of Object.entries(scenes)) {
        await webview.send(scene);
        await page.locator('.answers').waitFor({ state: name === 'first' ? 'detached' : 'visible' });
        await webview.inEveryTheme(async (theme) => {
          await page.setViewportSize(WIDE);
          assert.ok((await overflow(webview)) <= 0, `${name}, wide`);
          await takePicture(page, `playground-${name}-${theme}`);
          for (const size of [NARROW, SLIM]) {
            await page.setViewportSize(size);
            assert.ok((await overflow(webview)) <= 0, `${name}, ${size.width}`);
            await takePicture(page, `playground-${name}-${size.width}-${theme}`);
          }
        });
      }
    });
  });

  it('asks by keyboard what is written, of the sides and with the settings that are chosen, and keeps them', async () => {
    await shown(show(), async (webview) => {
      const { page } = webview;
      assert.match(await page.innerText('form .cost'), /measured with the first prompt/);
      await page.getByLabel('Prompt', { exact: true }).fill(PROMPT);
      await page.getByLabel('A user says it in a conversation').check();
      const second = page.getByRole('group', { name: 'Second model' });
      await second
        .getByLabel('Base model or checkpoint')
        .selectOption({ label: 'before the long texts · step 60 · 2.4034 domain · 3.4020 general' });
      await second.getByRole('slider').fill('0.35');
      await page.getByText('Settings').click();
      await page.getByLabel('Most tokens').fill('none');
      await page.getByLabel('Most tokens').press('Tab');
      assert.equal(await page.getByLabel('Most tokens').getAttribute('aria-invalid'), 'true');
      assert.match(await page.innerText('[role="status"]'), /Correct the settings/);
      await page.getByLabel('Prompt', { exact: true }).press('Control+Enter');
      assert.equal((await webview.sent()).filter(({ type }) => type === 'ask').length, 0);
      await page.getByLabel('Most tokens').fill('64');
      await page.getByLabel('Temperature').fill('0.7');
      await page.getByLabel('Texts that end an answer').fill('\\n\\n\nPatient:');
      await page.getByLabel('Prompt', { exact: true }).press('Control+Enter');
      const asked = await webview.waitForMessage('ask');
      const settings = {
        ...{ ...USUAL_ASK_SETTINGS, maxTokens: 64, temperature: 0.7, asConversation: true },
        stopTexts: ['\n\n', 'Patient:'],
      };
      const sides = [USUAL_SIDES[0], { ...USUAL_SIDES[1], step: 60, alpha: 0.35 }];
      assert.deepEqual(asked, { type: 'ask', prompt: PROMPT, sides, settings });
      const { view } = v.parse(KeptView, await webview.state());
      assert.deepEqual([view.prompt, view.sides, view.settings], [PROMPT, sides, settings]);
    });
  });

  it('compares what a command names, a model alone, and what is not there any more', async () => {
    await shown(show(), async (webview) => {
      const { page } = webview;
      const [base] = USUAL_SIDES;
      await webview.send({
        type: 'compare',
        sides: [
          base,
          { kind: 'checkpoint', run: '/space/.adept/runs/clinical-notes', step: 90, alpha: 0.5, drop: [4] },
        ],
      });
      const second = page.getByRole('group', { name: 'Second model' });
      await second.getByText('0.50').waitFor();
      assert.equal(
        await second
          .getByLabel('Base model or checkpoint')
          .evaluate((select: HTMLSelectElement) => select.selectedOptions[0]?.text),
        'step 90 (not found)',
      );
      await second.getByLabel('without layers 4').click();
      await second.getByLabel('Run or model').selectOption(EXPORTED);
      assert.equal(await second.getByRole('slider').count(), 0);
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      assert.deepEqual((await webview.waitForMessage('ask')).sides, [
        base,
        { kind: 'model', model: EXPORTED },
      ]);
      await second.getByLabel('Run or model').selectOption({ label: 'none' });
      await page
        .getByRole('group', { name: 'First model' })
        .getByLabel('Run or model')
        .selectOption({ label: 'full' });
      await page.getByText('This run is being trained').waitFor();
      assert.equal(await page.getByRole('slider').count(), 0, 'a run without added layers has no strength');
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      await webview.waitForMessage('ask', ({ sides }) => Array.isArray(sides) && sides.length === 1);
    });
  });

  it('shows answers as they come, says who is at work, stops, and marks the words that differ', async () => {
    const empty = { text: '', cost: null, end: null } as const;
    const waiting = [
      column(0, { ...empty, state: 'loading', doing: 'loading layer 3 of 30' }),
      column(1, { ...empty, state: 'waiting' }),
    ];
    await shown(show({ round: round(waiting), isAnswering: true }), async (webview) => {
      const { page } = webview;
      const [first, second] = [
        page.getByRole('region', { name: /base model/ }),
        page.getByRole('region', { name: /step 120/ }),
      ];
      assert.match(await first.last().innerText(), /loading layer 3 of 30/);
      assert.match(await second.last().innerText(), /waits/);
      assert.match(await page.innerText('[role="status"]'), /base model is being loaded/);
      const cost = { promptTokens: 16, promptSeconds: 0.2, tokens: 3, tokenSeconds: 0.05 };
      const part = { type: 'said', round: 'round-1', column: 0, cost };
      await webview.send({ ...part, from: 0, text: 'the cat sta' });
      await webview.send({ ...part, from: 8, text: 'sat' });
      await webview.send({ ...part, round: 'another', from: 0, text: 'none of it' });
      await page.getByText('the cat sat', { exact: true }).waitFor();
      assert.match(
        await page.innerText('.column >> nth=0'),
        /3 tokens · 50 ms per token, 20 tokens per second · prompt of 16 tokens read in 0\.2 s/,
      );
      assert.match(await page.innerText('[role="status"]'), /base model answers/);
      await page.getByRole('button', { name: 'Stop' }).click();
      await webview.waitForMessage('stop');

      const stopped = { text: 'the cat sat', end: 'stopped', lacksTemplate: true } as const;
      const both = [column(0, stopped), column(1, { text: 'the dog sat' })];
      await webview.send({ type: 'update', round: round(both), isAnswering: false });
      await page.locator('del', { hasText: 'cat' }).waitFor();
      assert.equal(await page.locator('ins').innerText(), 'dog');
      assert.equal(await page.getByText('has no chat template').count(), 1);
      assert.match(await page.innerText('[role="status"]'), /what was said is kept/);
      await page.getByRole('button', { name: /Copy the answer of .*step 120/ }).click();
      assert.equal((await webview.waitForMessage('copy')).text, 'the dog sat');
      await webview.send({ type: 'update', round: round([column(0), column(1, { text: column(0).text })]) });
      await page.getByText('Both answers are the same.').waitFor();
      assert.equal(await page.locator('ins, del').count(), 0);
    });
  });

  it('says once what is wrong with a prompt, and starts again what ended', async () => {
    const problem = "Prompt: has 400 tokens, more than the model's 256 positions: shorten it.";
    const refused = [0, 1].map((index) =>
      column(index === 0 ? 0 : 1, { text: '', cost: null, end: null, problem }),
    );
    await shown(show({ round: round(refused) }), async (webview) => {
      const { page } = webview;
      assert.deepEqual(await page.getByRole('alert').allInnerTexts(), [problem]);
      const process = { state: 'ended', engine: null, problem: 'Answering has ended.' };
      await webview.send({ type: 'update', process });
      await page.getByRole('button', { name: 'Start Again' }).click();
      const { prompt, sides } = await webview.waitForMessage('ask');
      assert.deepEqual([prompt, sides], [PROMPT, USUAL_SIDES]);
      await webview.send({ type: 'update', process: { ...process, state: 'idle', problem: null } });
      await page.locator('[role="status"]', { hasText: 'models were unloaded' }).waitFor();
    });
  });

  it('has a history: shows, asks again, removes and clears; the last answers are there after a reload', async () => {
    const history = [kept('round-2', 'The latest'), kept('round-1', 'An earlier\nprompt')];
    await shown(show({ history }), async (webview) => {
      const { page } = webview;
      assert.match(await page.innerText('.asked'), /The latest/);
      assert.match(
        await page.innerText('form .cost'),
        /token of both models took 101 ms: 128 tokens of each take up to 13 s/,
      );
      await page.getByRole('button', { name: /^An earlier prompt/ }).click();
      await page.locator('.asked', { hasText: 'An earlier' }).waitFor();
      assert.match(
        await page.innerText('.answers h2'),
        /temperature 0\.8, top p 0\.9, seed 3, ends at \\n\\n/,
      );
      await page.getByRole('button', { name: 'Ask again: An earlier prompt' }).click();
      const asked = await webview.waitForMessage('ask');
      assert.deepEqual([asked.prompt, asked.settings], ['An earlier\nprompt', history[1]?.settings]);
      assert.equal(await page.getByLabel('Prompt', { exact: true }).inputValue(), 'An earlier\nprompt');
      await page.getByRole('button', { name: 'Remove from the history: The latest' }).click();
      assert.equal((await webview.waitForMessage('forget')).id, 'round-2');
      await page.getByRole('button', { name: 'Clear History…' }).click();
      await webview.waitForMessage('clearHistory');
      await webview.send({ type: 'update', history: [] });
      await page.getByText('Nothing was asked in this workspace yet.').waitFor();
    });
  });

  it('asks nothing where the workspace is not trusted, or where there is no model', async () => {
    await shown(show({ trusted: false }), async (webview) => {
      const { page } = webview;
      assert.match(await page.innerText('[role="status"]'), /not trusted/);
      await page.getByRole('button', { name: 'Ask', exact: true }).click({ force: true });
      await page.getByLabel('Prompt', { exact: true }).press('Control+Enter');
      await webview.send(show({ usual: null, origins: [] }));
      await page.locator('[role="status"]', { hasText: 'There is no model to ask' }).waitFor();
      await page.getByRole('button', { name: 'Ask', exact: true }).click({ force: true });
      assert.equal((await webview.sent()).filter(({ type }) => type === 'ask').length, 0);
    });
  });
});
