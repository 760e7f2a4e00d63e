import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { RunView } from '../../src/shared/webview/run';
import {
  RECORDED_ANSWERS,
  RECORDED_PROMPTS,
  RECORDED_RESOURCES,
  RECORDED_STRENGTH,
  recordedLine,
  type RecordedRun,
} from '../support/recordedRun';
import { withRun } from './support/runPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

interface Scene {
  readonly view?: Partial<RunView>;
  readonly before?: (run: RecordedRun) => void;
}

function answered(run: RecordedRun): void {
  run.finish();
  run.answered(RECORDED_PROMPTS, RECORDED_ANSWERS);
}

/** What the page looks like in its different situations. */
const SCENES: Readonly<Record<string, Scene>> = {
  running: {
    before: (run) => {
      run.trainer();
      run.advance(recordedLine('"step":171,'));
    },
  },
  analyzing: {
    before: (run) => {
      run.trainer();
      run.advance(6);
    },
  },
  died: {
    before: (run) => {
      run.trainer({ pid: 4_194_303 });
      run.advance(recordedLine('"status":"resumed"'));
    },
  },
  problems: {
    before: (run) => {
      run.finish();
      appendFileSync(run.events, 'no event\n');
    },
  },
  table: { view: { table: true } },
  marks: {
    view: { zoom: [20, 120] },
    before: (run) => {
      run.trainer();
      run.advance(recordedLine('"step":171,'));
      run.happened();
    },
  },
  units: { view: { tab: 'units', unitScale: 'log' } },
  strength: {
    view: { tab: 'strength', alpha: 0.6 },
    before: (run) => {
      run.finish();
      run.strength(RECORDED_STRENGTH);
    },
  },
  answers: { view: { tab: 'answers' }, before: answered },
  scores: {
    before: (run) => {
      run.finish();
      run.scored();
    },
  },
  'answers-steps': { view: { tab: 'answers', answersPrompt: 3 }, before: answered },
  log: { view: { tab: 'log' } },
  machine: {
    view: { tab: 'machine' },
    before: (run) => {
      run.trainer();
      run.advance(recordedLine('"step":171,'));
      run.resources(RECORDED_RESOURCES);
    },
  },
};

describe('the page of a run, in every theme', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  for (const [name, scene] of Object.entries(SCENES)) {
    it(`has no fault that axe finds: ${name}`, async () => {
      await withRun(
        browser,
        async ({ page, webview }) => {
          await page.waitForSelector('[role=tabpanel]');
          await webview.inEveryTheme(async (theme) => {
            await takePicture(page, `run-${name}-${theme}`);
          });
        },
        { width: 1100, height: 1100, ...scene },
      );
    });
  }

  it('draws the curves in the colours of a theme that is changed to', async () => {
    await withRun(
      browser,
      async ({ page, webview }) => {
        await page.waitForSelector('.plot canvas');
        const pixels = (): Promise<string> =>
          page.locator('.wide canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
        const dark = await pixels();
        await webview.setTheme('light');
        await page.waitForFunction((before) => {
          const canvas = document.querySelector<HTMLCanvasElement>('.wide canvas');
          return canvas !== null && canvas.toDataURL() !== before;
        }, dark);
        assert.ok((await colours(page, '.wide canvas')).has('26,133,255'), 'the light theme’s blue is drawn');
      },
      { theme: 'dark', view: { smoothing: 0 } },
    );
  });

  it('draws when it gets a size after it was hidden', async () => {
    await withRun(
      browser,
      async ({ page }) => {
        const styled = (display: string): Promise<void> =>
          page.evaluate((value) => {
            document.body.style.display = value;
          }, display);
        await styled('none');
        await page.evaluate(() => document.querySelector<HTMLElement>('#tab-units')?.click());
        await page.waitForFunction(() => document.querySelector('adept-unit-map') !== null);
        await page.evaluate(() => document.querySelector<HTMLElement>('#tab-curves')?.click());
        await page.waitForFunction(() => document.querySelector('.plot canvas') !== null);
        await styled('');
        await page.waitForFunction(
          () => (document.querySelector<HTMLCanvasElement>('.wide canvas')?.width ?? 0) > 500,
        );
        assert.ok((await colours(page, '.wide canvas')).has('89,164,249'), 'the loss is drawn');
        await page.click('#tab-units');
        await page.waitForFunction(
          () => (document.querySelector<HTMLCanvasElement>('adept-unit-map canvas')?.width ?? 0) > 300,
        );
        assert.ok((await colours(page, 'adept-unit-map canvas')).size > 10);
      },
      { theme: 'dark' },
    );
  });
});

/** The colours of a canvas, as `red,green,blue` of its opaque pixels. */
async function colours(
  page: Parameters<Parameters<typeof withRun>[1]>[0]['page'],
  selector: string,
): Promise<Set<string>> {
  const found = await page.locator(selector).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    const seen = new Set<string>();
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 255) {
        seen.add(`${String(data[at])},${String(data[at + 1])},${String(data[at + 2])}`);
      }
    }
    return [...seen];
  });
  return new Set(found);
}
