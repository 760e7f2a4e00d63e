import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { TEXT_CONTRAST } from '../../src/shared/heatmap/ink';
import { withHeatmap } from './support/heatmapPage';
import { launchChromium, noChromium } from './support/webviewPage';
import { takePicture } from '../support/picture';

describe('the heatmap, in every theme', { skip: noChromium }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
  });

  it('can be read: contrast of every cell, no fault that axe finds', async () => {
    await withHeatmap(browser, async (webview) => {
      const { page } = webview;
      await page.fill('#lowest', '2');
      await page.click('vscode-button:has-text("Suggest")');
      await page.fill('#field-steps', '0');
      await page.locator('tr[data-layer="2"] td').nth(3).focus();
      await webview.inEveryTheme(async (theme) => {
        const ratios = await page.evaluate(cellContrasts);
        assert.ok(ratios.length > 40);
        const lowest = Math.min(...ratios);
        assert.ok(lowest >= TEXT_CONTRAST, `lowest contrast ${String(lowest)}, ${theme}`);
        await takePicture(page, `heatmap-${theme}`);
      });
      await page.click('vscode-button:has-text("Show as table")');
      await webview.inEveryTheme();
    });
  });

  it('has colours that are ordered by lightness, also for those who tell few colours apart', async () => {
    await withHeatmap(browser, async (webview) => {
      await webview.inEveryTheme(async (theme) => {
        const ramp = await webview.page.evaluate(rampColours);
        assert.equal(ramp.length, 21);
        for (const [kind, seen] of Object.entries(VISION)) {
          const lightness = ramp.map((colour) => lightnessOf(seen(colour)));
          const steps = lightness.slice(1).map((next, index) => next - (lightness[index] ?? NaN));
          const isOrdered = steps.every((step) => step > 0) || steps.every((step) => step < 0);
          assert.ok(isOrdered, `${theme}, ${kind}: ${lightness.map((value) => value.toFixed(1)).join(' ')}`);
          const range = Math.abs((lightness.at(-1) ?? NaN) - (lightness[0] ?? NaN));
          assert.ok(range >= 35, `${theme}, ${kind}: ${range.toFixed(1)} between the ends`);
        }
      });
    });
  });

  it('follows a change of theme without drawing the cells again', async () => {
    await withHeatmap(
      browser,
      async (webview) => {
        const { page } = webview;
        const ground = (): Promise<string> =>
          page
            .locator('tbody td')
            .first()
            .evaluate((cell) => getComputedStyle(cell).backgroundColor);
        const dark = await ground();
        await webview.setTheme('light');
        await page.waitForFunction((old) => {
          const cell = document.querySelector('tbody td');
          return cell !== null && getComputedStyle(cell).backgroundColor !== old;
        }, dark);
        assert.ok(Math.min(...(await page.evaluate(cellContrasts))) >= TEXT_CONTRAST);
      },
      { theme: 'dark' },
    );
  });
});

type Linear = readonly [number, number, number];

/**
 * How linear sRGB looks to whom (Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
 * Vision Deficiency", 2009, severity 1).
 */
const VISION: Readonly<Record<string, (colour: Linear) => Linear>> = {
  all: (colour) => colour,
  protanopia: seenBy([
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ]),
  deuteranopia: seenBy([
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ]),
  tritanopia: seenBy([
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ]),
};

function seenBy(matrix: readonly [Linear, Linear, Linear]): (colour: Linear) => Linear {
  const [red, green, blue] = matrix;
  const dot = (row: Linear, [r, g, b]: Linear): number =>
    Math.min(1, Math.max(0, row[0] * r + row[1] * g + row[2] * b));
  return (colour) => [dot(red, colour), dot(green, colour), dot(blue, colour)];
}

/** CIE L*, 0 to 100, of linear sRGB. */
function lightnessOf([r, g, b]: Linear): number {
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
}

/** Every fifth colour of the ramp as painted, in linear sRGB. Runs in the page. */
function rampColours(): [number, number, number][] {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const sample = document.createElement('span');
  document.body.append(sample);
  const colours = Array.from({ length: 21 }, (_, step): [number, number, number] => {
    sample.className = `heat-${step * 5}`;
    if (context !== null) {
      context.fillStyle = getComputedStyle(sample).backgroundColor;
      context.fillRect(0, 0, 1, 1);
    }
    const [r = 0, g = 0, b = 0] = [...(context?.getImageData(0, 0, 1, 1).data ?? [])].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return [r, g, b];
  });
  sample.remove();
  return colours;
}

/** The contrast of every coloured cell of the page, as painted. Runs in the page. */
function cellContrasts(): number[] {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const channels = (colour: string): number[] => {
    if (context === null) {
      return [];
    }
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll('td[class^="heat-"]')].map((cell) => {
    const { color, backgroundColor } = getComputedStyle(cell);
    const [x, y] = [luminance(color), luminance(backgroundColor)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  });
}
