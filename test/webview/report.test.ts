import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { writeReport } from '../../src/node/report/writeReport';
import { writeNotes } from '../../src/node/run/runNotes';
import { RunFolder } from '../../src/node/run/runFolder';
import { picturePath, PICTURES_WANTED, takePicture } from '../support/picture';
import { projectRoot } from '../support/projectRoot';
import { RECORDED_ANSWERS, RECORDED_PROMPTS, RECORDED_STRENGTH, RecordedRun } from '../support/recordedRun';
import { axeFindings } from './support/axe';
import { launchChromium, noChromium } from './support/webviewPage';

/** A run of this machine with everything that a report shows, its paths in every place where a run has paths. */
function everything(folder: string): RunFolder {
  const path = join(folder, 'My Runs', 'clinical notes');
  const run = new RecordedRun(path);
  const home = join(homedir(), 'some models', 'SmolLM2-135M');
  for (const name of ['run.json', 'job.json', 'manifest.json']) {
    const text = readFileSync(join(path, name), 'utf8');
    writeFileSync(
      join(path, name),
      text.replaceAll('/models/sample/model', home).replaceAll(/"\/(runs|models)\//g, `"${folder}/texts/`),
    );
  }
  copyFileSync(join(projectRoot, 'test/webview/sampleBoth/importance.json'), join(path, 'importance.json'));
  run.finish();
  run.happened();
  run.strength(RECORDED_STRENGTH);
  run.answered(RECORDED_PROMPTS, RECORDED_ANSWERS);
  // The last is unusable, which is said with its name and not with where it lies.
  writeFileSync(
    join(path, 'exports.json'),
    JSON.stringify({ format: 'adept.exports/1', exports: [{ out: home }] }),
  );
  writeNotes(path, {
    tags: ['ward <3>', 'seed 1'],
    note: `from ${home}/v2, "better" & cheaper than ${folder}`,
  });
  return RunFolder.open(path);
}

describe('the report of a run, opened from a file without a network', { skip: noChromium }, () => {
  let browser: Browser;
  let page: Page;
  let file: string;
  let folder: string;
  const requests: string[] = [];
  const complaints: string[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adept-report-'));
    file = join(folder, 'report.html');
    await writeReport(everything(folder), file);
    browser = await launchChromium();
    const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(file).href);
  });
  after(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('asks for nothing but itself, and nothing of it is refused', () => {
    assert.deepEqual(requests, [pathToFileURL(file).href]);
    assert.deepEqual(complaints, []);
  });

  it('has every part, with the numbers of the run', async () => {
    assert.deepEqual(await page.locator('h2').allTextContents(), [
      ...['Results', 'Curves', 'Importance of layers and units', 'Learning rates of the units'],
      ...[
        'Strength of the added layers (α)',
        'Answers before and after',
        'What happened',
        'Settings',
        'Environment',
      ],
    ]);
    const row = page.locator('tr', { hasText: 'Once upon' });
    assert.deepEqual(await row.locator('del, ins').allTextContents(), ['boat', 'dog']);
    const results = await page.locator('.tiles').innerText();
    assert.match(results, /Domain loss\s+−1\.4670\s+2\.4296 → 0\.9626 nats/);
    assert.match(results, /General loss\s+\+0\.4332\s+0\.6216 → 1\.0548 nats/);
    const curve = page.getByRole('img', { name: 'Domain loss from 2.4296 at step 0 to 0.9626 at 200' });
    assert.equal(await curve.locator('.dot').count(), 11);
    const text = await page.locator('body').innerText();
    for (const part of [
      'CPU (WebAssembly SIMD)',
      'tfjs-backend-wasm 4.22.0',
      'learningRate',
      'domain.jsonl',
      'ward <3>',
    ]) {
      assert.ok(text.includes(part), part);
    }
  });

  it('names nothing of the machine', () => {
    const content = readFileSync(file, 'utf8');
    for (const path of [homedir(), tmpdir(), process.cwd(), folder, 'My Runs', 'some models', '/texts']) {
      assert.ok(
        !content.includes(path),
        `${path} in ${content.slice(Math.max(0, content.indexOf(path) - 200), content.indexOf(path) + 100)}`,
      );
    }
    assert.ok(content.includes('exports.json'), 'what cannot be read is named');
    assert.ok(content.includes('from v2, &#34;better&#34; &#38; cheaper than'));
  });

  for (const [name, width, media] of [
    ['light', 1280, { colorScheme: 'light' }],
    ['dark', 1280, { colorScheme: 'dark' }],
    ['narrow', 400, { colorScheme: 'light' }],
    ['print', 800, { colorScheme: 'dark', media: 'print' }],
  ] as const) {
    it(`can be read ${name === 'narrow' ? 'on a narrow screen' : `in ${name}`}`, async () => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ media: 'screen', ...media });
      assert.deepEqual(await axeFindings(page), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(name === 'print' || wide <= 0, `${wide} pixels do not fit`);
      await takePicture(page, `report-${name}`);
      if (name === 'print' && PICTURES_WANTED) {
        await page.pdf({ path: picturePath('report.pdf'), format: 'A4' });
      }
    });
  }
});
