import { loadavg } from 'node:os';
import type { Browser, Page } from 'playwright-core';
import { unitKindsOf } from '../../../src/shared/model/architecture';
import { importanceFile } from '../../support/importanceFile';
import { seededRandom } from '../../../src/shared/common/random';
import { heatmapContent } from '../support/heatmapContent';
import { launchChromium, noChromium, WebviewPage } from '../support/webviewPage';

const LAYERS = 128;
/** The family with the most units. */
const FAMILY = 'qwen3';
const REPETITIONS = 9;
const MOVES = 40;

function largeContent(): unknown {
  const random = seededRandom(1);
  const layers = Array.from({ length: LAYERS }, () => random());
  const importance = importanceFile(layers, () => random() * 1e-3, FAMILY);
  const model = { found: false, problem: 'this model is made up' };
  return { ...heatmapContent(), importance, model };
}

/** Milliseconds from a message to the page until the frame that shows it is painted. */
interface PaintTimes {
  readonly clock: number;
  /** Processor time of the page's main thread, which other work on the machine does not lengthen much. */
  readonly processor: number;
}

async function paintTimes(browser: Browser, content: unknown): Promise<PaintTimes> {
  const webview = await WebviewPage.open(browser, 'heatmap');
  try {
    await webview.waitForMessage('ready');
    const debug = await webview.page.context().newCDPSession(webview.page);
    await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
    const processor = async (): Promise<number> => {
      const { metrics } = await debug.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN);
    };
    await webview.page.evaluate((message) => {
      Object.assign(window, { message });
    }, content);
    const before = await processor();
    const clock = await webview.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const begin = performance.now();
          const observer = new MutationObserver(() => {
            if (document.querySelector('[role="grid"] tbody td') !== null) {
              observer.disconnect();
              requestAnimationFrame(() => {
                // The task after the frame's layout and painting.
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = () => {
                  resolve(performance.now() - begin);
                };
                port2.postMessage(null);
              });
            }
          });
          observer.observe(document.body, { subtree: true, childList: true });
          window.postMessage((window as unknown as { message: unknown }).message);
        }),
    );
    return { clock, processor: (await processor()) - before };
  } finally {
    await webview.close();
  }
}

/** Milliseconds from each of these key presses until the frame that shows it is painted. */
async function keyMilliseconds(page: Page, key: string): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { times });
    document.addEventListener(
      'keydown',
      () => {
        const begin = performance.now();
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => times.push(performance.now() - begin);
          port2.postMessage(null);
        });
      },
      { capture: true },
    );
  });
  await page.locator('table [tabindex="0"]').focus();
  for (let move = 0; move < MOVES; move++) {
    await page.keyboard.press(key);
  }
  await page.waitForFunction(
    (count) => (window as unknown as { times: number[] }).times.length >= count,
    MOVES,
  );
  return page.evaluate(() => (window as unknown as { times: number[] }).times);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
}

function report(what: string, times: readonly number[], bar?: number): void {
  const [median, low, high] = [0.5, 0, 0.9].map((share) => quantile(times, share).toFixed(1));
  const goal = bar === undefined ? '' : `, to be below ${bar}`;
  console.log(
    `${what}: median ${median} ms (fastest ${low}, 90% below ${high}; ${times.length} times${goal})`,
  );
}

async function main(): Promise<void> {
  if (noChromium !== false) {
    console.log(`nothing measured: ${noChromium}`);
    return;
  }
  const columns = unitKindsOf(FAMILY).length + 1;
  console.log(
    `heatmap of ${LAYERS} layers × ${columns} columns (importance and ${columns - 1} units); load of this machine ${loadavg()[0]?.toFixed(1) ?? '?'}`,
  );
  const browser = await launchChromium();
  try {
    const content = largeContent();
    const paints: PaintTimes[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      paints.push(await paintTimes(browser, content));
    }
    report(
      'from the message to the painted heatmap',
      paints.map(({ clock }) => clock),
      100,
    );
    report(
      'of it, processor time of the main thread',
      paints.map(({ processor }) => processor),
    );
    for (const [what, key] of [
      ['moving the focus', 'ArrowDown'],
      ['marking a layer', 'Space'],
    ] as const) {
      const webview = await WebviewPage.open(browser, 'heatmap');
      await webview.waitForMessage('ready');
      await webview.send(content);
      await webview.page.waitForSelector('[role="grid"]');
      report(what, await keyMilliseconds(webview.page, key));
      await webview.close();
    }
  } finally {
    await browser.close();
  }
}

void main();
