import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { takePicture } from '../support/picture';
import { comparisonOf, curvesOf, rowOf, rowsOf } from './support/runsContent';
import { withShownPage } from './support/shownPage';
import { launchChromium, noChromium, type WebviewOptions, type WebviewPage } from './support/webviewPage';

const path = (name: string): string => `/space/.adept/runs/${name}`;

async function names(page: Page): Promise<string[]> {
  return page.locator('.runs tbody th .link').allInnerTexts();
}

describe('the panel of all runs', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  async function shown(
    work: (webview: WebviewPage) => Promise<void>,
    options: WebviewOptions = {},
    message: Record<string, unknown> = { type: 'rows', rows: rowsOf(), trusted: true },
  ): Promise<void> {
    await withShownPage({ browser, name: 'runs', source: {}, width: 1400, ...options, message }, work);
  }

  it('sorts by every column, with the mouse and the keyboard, and keeps that', async () => {
    await shown(async (webview) => {
      const { page } = webview;
      assert.deepEqual(await names(page), ['law-2', 'medicine', 'law-1', 'law-10', 'torn']);
      const heading = (text: string): ReturnType<Page['locator']> =>
        page.locator('.runs thead th').filter({ hasText: text });
      assert.equal(await heading('Started').getAttribute('aria-sort'), 'descending');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      assert.deepEqual(await names(page), ['law-1', 'law-2', 'law-10', 'medicine', 'torn']);
      await page.keyboard.press('Enter');
      assert.deepEqual(await names(page), ['torn', 'medicine', 'law-10', 'law-2', 'law-1']);
      // What was not measured comes last in both directions.
      for (const [direction, expected] of [
        ['ascending', ['law-10', 'law-1', 'torn', 'law-2', 'medicine']],
        ['descending', ['law-2', 'law-1', 'torn', 'law-10', 'medicine']],
      ] as const) {
        await page.getByRole('button', { name: 'Domain loss' }).click();
        assert.equal(await heading('Domain loss').getAttribute('aria-sort'), direction);
        assert.deepEqual(await names(page), expected);
      }
      for (const column of [
        'State',
        'Model',
        'Layers',
        'Rate',
        'Steps',
        'General loss',
        'Time',
        'Tags',
        'Note',
      ]) {
        await heading(column).getByRole('button').click();
        assert.notEqual(await heading(column).getAttribute('aria-sort'), 'none', column);
        assert.equal((await names(page)).length, 5, column);
      }
      const { view } = (await webview.state()) as { view: { order: unknown } };
      assert.deepEqual(view.order, { column: 'note', descending: false });
    });
  });

  it('filters by words in any of its columns and by state, and saves what is shown', async () => {
    await shown(async (webview) => {
      const { page } = webview;
      const filter = page.getByRole('searchbox');
      for (const [text, expected] of [
        ['PAPER law', ['law-2', 'law-1']],
        ['qwen', ['medicine']],
        ['best', ['law-1']],
        ['failed', ['medicine']],
        ['nothing like it', []],
      ] as const) {
        await filter.fill(text);
        assert.deepEqual(await names(page), expected, text);
      }
      assert.match(await page.innerText('main'), /No run fits the filter/);
      await filter.fill('');
      await page.getByRole('combobox', { name: 'State' }).selectOption('done');
      assert.deepEqual(await names(page), ['law-1', 'law-10']);
      assert.equal(await page.locator('.count').innerText(), '2 of 5 runs');
      await page.getByRole('button', { name: 'Save as CSV' }).click();
      const { text } = await webview.waitForMessage('saveCsv');
      assert.deepEqual(String(text).split('\r\n').slice(1, 3), [
        'law-1,done,SmolLM2-135M,3 14 17 26,0.0003,800,800,-0.4213,0.0312,2700,2026-11-20T08:00:00.000Z,paper,"the best so far\nkeep it",/space/.adept/runs/law-1',
        'law-10,done,SmolLM2-135M,3 14,0.001,800,800,-0.5127,0.2204,2700,2026-11-20T08:00:00.000Z,,,/space/.adept/runs/law-10',
      ]);
    });
  });

  it('lays the curves of ticked runs over each other and marks the settings that differ, in every theme', async () => {
    await shown(async (webview) => {
      const { page } = webview;
      const ticked = ['law-2', 'law-1', 'law-10'];
      for (const name of ticked) {
        await page.getByRole('checkbox', { name: `Show the curves of ${name}`, exact: true }).check();
      }
      const { paths } = await webview.waitForMessage(
        'ticked',
        (message) => (message.paths as string[]).length === 3,
      );
      assert.deepEqual(paths, ticked.map(path));
      await webview.send({ type: 'curves', curves: ticked.map((name, index) => curvesOf(name, 1 + index)) });
      await webview.send({ type: 'comparison', comparison: comparisonOf(ticked) });
      assert.deepEqual(
        (await page.locator('figure').first().locator('.legend li').allInnerTexts()).map((text) =>
          text.trim(),
        ),
        ticked,
      );
      const numbers = page.getByRole('region', { name: 'Losses of the ticked runs in numbers' });
      assert.equal((await numbers.locator('thead th').last().innerText()).trim(), 'mmlu, accuracy');
      assert.equal((await numbers.locator('td').last().innerText()).trim(), '50.0 % (from 30.0 %)');
      const chart = page.getByRole('slider', { name: 'Domain loss' });
      await chart.focus();
      await page.keyboard.press('Home');
      assert.equal(
        await chart.getAttribute('aria-valuetext'),
        'step 0 · law-2 2.9000 · law-1 2.9000 · law-10 2.9000',
      );
      // Evaluated on other sequences, one begins elsewhere.
      const notComparable = page.getByText('The losses of these runs differ before the first step');
      assert.equal(await notComparable.count(), 0);
      const [first, ...others] = ticked.map((name, index) => curvesOf(name, 1 + index));
      const moved = first?.evals.map((point) => ({ ...point, domainLoss: (point.domainLoss ?? 0) + 0.2 }));
      await webview.send({ type: 'curves', curves: [{ ...first, evals: moved }, ...others] });
      await notComparable.waitFor();
      await webview.send({ type: 'curves', curves: [first, ...others] });
      await notComparable.waitFor({ state: 'detached' });
      const marked = await page.locator('.differences mark').allInnerTexts();
      assert.deepEqual(marked, ['0.001', '3, 14', '0', '1', '2']);
      const strokes = await page
        .locator('.differences .line-key line')
        .evaluateAll((lines) =>
          lines.map((line) => [getComputedStyle(line).stroke, line.getAttribute('stroke-dasharray')].join()),
        );
      assert.equal(new Set(strokes).size, 3);
      await page.mouse.move(0, 0);
      await webview.inEveryTheme(async (theme) => {
        await takePicture(page, `runs-${theme}`);
      });
      await page.getByRole('button', { name: 'Compare' }).click();
      assert.deepEqual((await webview.waitForMessage('compare')).paths, ticked.map(path));
      // A line that is free again is the next one's.
      await page.getByRole('checkbox', { name: 'Show the curves of law-2', exact: true }).uncheck();
      await page.getByRole('checkbox', { name: 'Show the curves of torn', exact: true }).check();
      const { view } = (await webview.state()) as { view: { ticked: unknown } };
      assert.deepEqual(view.ticked, [
        { path: path('law-1'), line: 1 },
        { path: path('law-10'), line: 2 },
        { path: path('torn'), line: 0 },
      ]);
    });
  });

  it('edits tags and notes where they stand, keeps what is half written, and says what was not saved', async () => {
    await shown(async (webview) => {
      const { page } = webview;
      await page.getByRole('button', { name: 'Tags of law-1:' }).click();
      const field = page.getByRole('textbox', { name: 'Tags of law-1' });
      await field.fill('paper,  seed 7, paper');
      // The list goes on meanwhile, in another order.
      await webview.send({
        type: 'rows',
        rows: rowsOf().map((row) => ({ ...row, startedAt: null })),
        trusted: true,
      });
      assert.equal(await field.inputValue(), 'paper,  seed 7, paper');
      await page.keyboard.press('Enter');
      assert.deepEqual(await webview.waitForMessage('notes'), {
        type: 'notes',
        path: path('law-1'),
        notes: { tags: ['paper', 'seed 7'], note: 'the best so far\nkeep it' },
      });
      assert.match(
        await page.evaluate(() => document.activeElement?.textContent.trim() ?? ''),
        /^Tags of law-1/,
      );

      await page.getByRole('button', { name: 'Note on law-10:' }).click();
      await page.keyboard.type('first');
      await page.keyboard.press('Enter');
      await page.keyboard.type('second');
      await page.keyboard.press('Control+Enter');
      const note = await webview.waitForMessage('notes', (message) => message.path === path('law-10'));
      assert.deepEqual(note.notes, { tags: [], note: 'first\nsecond' });
      await page.getByRole('button', { name: 'Note on law-10:' }).click();
      await page.keyboard.type('never mind');
      await page.keyboard.press('Escape');
      assert.equal((await webview.sent()).filter(({ type }) => type === 'notes').length, 2);

      await webview.send({ type: 'notSaved', path: path('law-10'), problem: 'The disk is full.' });
      assert.equal(await page.getByRole('alert').innerText(), 'The disk is full.');
      await page.getByRole('button', { name: 'notes.json cannot be read' }).click();
      assert.equal((await webview.waitForMessage('openNotes')).path, path('torn'));
    });
  });

  it('does with a run what its menu offers, by keyboard alone', async () => {
    await shown(async (webview) => {
      const { page } = webview;
      await page.getByRole('button', { name: 'medicine', exact: true }).focus();
      await page.keyboard.press('Enter');
      assert.deepEqual(await webview.waitForMessage('act'), {
        type: 'act',
        action: 'open',
        path: path('medicine'),
      });
      await page.keyboard.press('F2');
      await webview.waitForMessage('act', ({ action }) => action === 'rename');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Delete');
      assert.equal(
        (await webview.waitForMessage('act', ({ action }) => action === 'delete')).path,
        path('law-1'),
      );
      // What a run does not offer is not done: this one is at work.
      await page.getByRole('button', { name: 'law-2', exact: true }).focus();
      await page.keyboard.press('Delete');
      await page.getByRole('button', { name: 'Actions on medicine' }).focus();
      await page.keyboard.press('Enter');
      assert.deepEqual(
        (await page.getByRole('menuitem').allInnerTexts()).map((text) => text.split('\n')[0]?.trim()),
        ['Open', 'Share Report…', 'Rename…', 'Duplicate…', 'Resume', 'Delete…'],
      );
      await takePicture(page, 'runs-menu');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      const acts = (await webview.sent()).filter(({ type }) => type === 'act');
      assert.deepEqual(
        acts.map(({ action }) => action),
        ['open', 'rename', 'delete', 'resume'],
      );
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      assert.equal(await page.locator('.menu:popover-open').count(), 0);
    });
  });

  it('follows a run to another name, unticks one that is gone, and draws no more lines than can be told apart', async () => {
    const many = Array.from({ length: 9 }, (_, index) => rowOf(`run-${index}`));
    await shown(
      async (webview) => {
        const { page } = webview;
        await webview.send({ type: 'tick', paths: many.map((row) => row.path) });
        assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 8);
        assert.ok(await page.getByRole('checkbox', { checked: false }).isDisabled());
        await webview.send({ type: 'renamed', from: path('run-0'), to: path('zero') });
        const rest = [rowOf('zero'), ...many.slice(1, 3)];
        await webview.send({ type: 'rows', rows: rest, trusted: true });
        const { paths } = await webview.waitForMessage(
          'ticked',
          (message) => (message.paths as string[]).length === 3,
        );
        assert.deepEqual(paths, ['zero', 'run-1', 'run-2'].map(path));
      },
      {},
      { type: 'rows', rows: many, trusted: true },
    );
  });

  it('shows the queue, says what it waits for, and lets the person put it in order', async () => {
    await shown(async (webview) => {
      const { page } = webview;
      const item = (name: string, state: string, ending: unknown = null): object => ({
        ...{ id: name, kind: 'start', state, ending, path: path(name), name },
      });
      const queue = {
        paused: false,
        rows: [
          item('first', 'ended', { kind: 'done', text: 'first is done.' }),
          item('second', 'running'),
          item('third', 'waiting'),
          item('fourth', 'waiting'),
        ],
        waitsFor: ['second'],
        problem: null,
      };
      await webview.send({ type: 'queue', queue });
      const section = page.getByRole('region', { name: 'Queue' });
      assert.match(
        await section.innerText(),
        /Waits for second\. The next run starts only while a window with this workspace is open\./,
      );
      assert.deepEqual(
        (await section.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()),
        ['first first is done.', 'second active', 'third waits to start', 'fourth waits to start'],
      );
      assert.deepEqual(await webview.accessibilityFaults(), []);
      await takePicture(page, 'runs-queue');
      await section.getByRole('button', { name: 'Move fourth up' }).focus();
      await page.keyboard.press('Enter');
      assert.deepEqual(await webview.waitForMessage('queued'), { type: 'queued', id: 'fourth', how: 'up' });
      await section.getByRole('button', { name: 'Move third up' }).click({ force: true });
      await section.getByRole('button', { name: 'Remove third from the queue' }).click();
      await section.getByRole('button', { name: 'Pause Queue' }).click();
      const asked = (await webview.sent()).flatMap(({ type, how }) =>
        type === 'queued' || type === 'queue' ? [how] : [],
      );
      assert.deepEqual(asked, ['up', 'remove', 'pause']);
      await webview.send({ type: 'queue', queue: { ...queue, paused: true } });
      await section.getByText(/Paused: nothing more is started/).waitFor();
    });
  });

  it('can be read where nothing may be changed, where there is no run, and in a narrow panel', async () => {
    const untrusted = rowsOf().map((row) => ({ ...row, actions: ['open'] }));
    await shown(
      async ({ page }) => {
        assert.equal(await page.getByRole('button', { name: /^Tags of/ }).count(), 0);
      },
      {},
      { type: 'rows', rows: untrusted, trusted: false },
    );
    await shown(
      async ({ page }) => {
        assert.match(await page.innerText('main'), /No run yet/);
      },
      {},
      { type: 'rows', rows: [], trusted: true },
    );
    await shown(
      async (webview) => {
        const { page } = webview;
        await page.getByRole('checkbox', { name: 'Show the curves of law-1', exact: true }).check();
        await webview.send({ type: 'curves', curves: [curvesOf('law-1', 1)] });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${overflow} px stand out`);
        await takePicture(page, 'runs-narrow');
      },
      { width: 700, height: 900, theme: 'light' },
    );
  });
});
