import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { AskedPrompt } from '../../src/shared/run/answers';
import type { AnswerRound } from '../../src/shared/webview/run';
import { RECORDED_ANSWERS, RECORDED_PROMPTS, type RecordedRun } from '../support/recordedRun';
import { withRun } from './support/runPage';
import { launchChromium, noChromium } from './support/webviewPage';

const MANY_PROMPTS = 100;
const MANY_ROUNDS = 50;

function answered(run: RecordedRun): void {
  run.finish();
  run.answered(RECORDED_PROMPTS, RECORDED_ANSWERS);
}

/** Answers of the length that models give, in which every third word changes at each step. */
function manyAnswers(run: RecordedRun): void {
  const words = Array.from({ length: 40 }, (_, index) => `word${index % 7}`);
  const prompts = Array.from({ length: MANY_PROMPTS }, (_, index): AskedPrompt => {
    return { text: `Prompt ${index}`, source: 'file', ids: [index] };
  });
  const rounds = Array.from({ length: MANY_ROUNDS }, (_, round): AnswerRound => {
    const answers = prompts.map((__, index) => ({
      text: words.map((word, at) => (at % 3 === 0 ? `${word}-${round * index}` : word)).join(' '),
      end: 'length' as const,
    }));
    return { step: 4 * round, answers };
  });
  run.finish();
  run.answered(prompts, rounds);
}

/** The texts of the cells of a row, by what its heading holds. */
async function cellsOf(page: Page, heading: string): Promise<string[]> {
  const row = page.locator('.answers-table tbody tr', {
    has: page.locator('th', { hasText: heading }),
  });
  return (await row.locator('td').allInnerTexts()).map((text) => text.trim());
}

describe("the answers in a run's page", { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('stand beside those before, with the words marked that changed, at the last step or another', async () => {
    await withRun(
      browser,
      async ({ page, run }) => {
        await page.waitForSelector('.answers-table');
        const count = page.locator('.answers [role=status]');
        assert.deepEqual(await cellsOf(page, 'Once upon'), [
          'a little girl named Lily. She liked to play with her boat.',
          'a little girl named Lily. She liked to play with her dog.',
        ]);
        const row = page.locator('.answers-table tr', { hasText: 'Once upon' });
        assert.deepEqual(await row.locator('del').allInnerTexts(), ['boat']);
        assert.deepEqual(await row.locator('ins').allInnerTexts(), ['dog']);
        assert.deepEqual((await cellsOf(page, 'is_prime'))[1], 'nothing');
        assert.equal(await count.innerText(), '4 of 4 answers differ from those before');
        await page.locator('.answers select').selectOption({ label: 'step 80' });
        assert.deepEqual((await cellsOf(page, 'The capital'))[1], 'as before');
        assert.equal(await count.innerText(), '2 of 4 answers differ from those before');
        // A choice stays where it is when more comes.
        const [, , last] = RECORDED_ANSWERS;
        run.answers([{ step: 240, answers: last?.answers ?? [] }]);
        await page.locator('option', { hasText: 'step 240, the last' }).waitFor({ state: 'attached' });
        assert.deepEqual((await cellsOf(page, 'The capital'))[1], 'as before');
      },
      { view: { tab: 'answers' }, before: answered },
    );
  });

  it('are found by their words, shown of one prompt at every step, and saved', async () => {
    await withRun(
      browser,
      async ({ page, webview }) => {
        await page.getByLabel('Search').fill('migraine');
        assert.equal(await page.locator('.answers-table tbody tr').count(), 1);
        await page.getByRole('button', { name: /^Answers at all steps to: Question/ }).click();
        await page.getByLabel('Search').fill('');
        const steps = page.locator('.answers-table tbody th');
        assert.deepEqual(await steps.allInnerTexts(), ['before', '80', '200']);
        assert.match((await cellsOf(page, '200'))[0] ?? '', /ibuprofen 400 mg/);
        await page.getByText('How the text goes on').click();
        await page.getByText('sumatriptan 50 mg at onset').waitFor();
        await page.getByLabel('Search').fill('no such word');
        await page.getByText('No prompt and no answer matches.').waitFor();
        await page.getByRole('button', { name: 'All prompts' }).click();
        await page.getByRole('button', { name: 'Save as CSV…' }).click();
        await webview.waitForMessage('saveAnswers');
      },
      { view: { tab: 'answers' }, before: answered },
    );
  });

  it('say how to ask where nothing was asked', async () => {
    await withRun(
      browser,
      async ({ page }) => {
        await page.getByText('Nothing has been asked.').waitFor();
      },
      { view: { tab: 'answers' } },
    );
  });

  it('of a hundred prompts at fifty steps are drawn in few elements', async () => {
    await withRun(
      browser,
      async ({ page }) => {
        await page.waitForSelector('.answers-table');
        assert.equal(await page.locator('.answers-table tbody tr').count(), MANY_PROMPTS);
        await page.locator('.answers select').selectOption({ label: 'step 4' });
        assert.match((await cellsOf(page, 'Prompt 99'))[1] ?? '', /word0-99 /);
        await page.getByRole('button', { name: 'Answers at all steps to: Prompt 99' }).click();
        assert.equal(await page.locator('.answers-table tbody tr').count(), MANY_ROUNDS);
        // Every answer of every step at once would be a hundred thousand.
        const elements = await page.locator('.answers *').count();
        assert.ok(elements < 5000, String(elements));
      },
      { view: { tab: 'answers' }, before: manyAnswers },
    );
  });
});
