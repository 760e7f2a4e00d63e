// `npm run icon`: renders media/icon.svg to media/icon.png, the marketplace's form of it. Needs a Chromium.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const svg = readFileSync(join(root, 'media/icon.svg'), 'utf8');

const browser = await chromium.launch({
  executablePath: process.env.ADEPT_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
  await page.setContent(`<style>
    html, body { margin: 0; background: transparent }
    div { width: 256px; height: 256px; border-radius: 48px; background: #12324e; color: #f2a65a; display: grid; place-items: center }
    svg { width: 190px; height: 190px }
  </style><div>${svg}</div>`);
  await page.screenshot({ path: join(root, 'media/icon.png'), omitBackground: true });
} finally {
  await browser.close();
}
