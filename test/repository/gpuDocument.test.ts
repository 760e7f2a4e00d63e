import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

interface Page {
  readonly gpuPage: (root: string) => string;
}

const page = async (): Promise<Page> =>
  (await import(pathToFileURL(join(projectRoot, 'test/bench/gpu/page.mjs')).href)) as Page;

const TIMES = { fastest: 1, slowest: 3, tokensPerSecond: 8192, peakBytes: 20.04e9 };
const MEASURED = {
  ...{ device: 'Some Card', memoryBytes: 80e9, peakFlops: 1e15, seconds: 300 },
  versions: { torch: '2.11', cuda: '12.8', transformers: '5.17' },
  parity: { losses: 1.234e-6 },
  measured: {
    'adept, first epoch': { ...TIMES, seconds: 2, flops: 8e14 },
    'adept, compiled': { ...TIMES, seconds: 1.6, flops: 8e14 },
    'adept, later epochs': { ...TIMES, seconds: 1, flops: 4e14 },
    full: { ...TIMES, seconds: 4, flops: 2e15 },
    importance: { ...TIMES, seconds: 1.5, passPerLayerSeconds: 18, ratio: 12 },
  },
};

describe('docs/gpu.md', () => {
  it('is what docs/gpu.json says, or that nobody has measured', async () => {
    const { gpuPage } = await page();
    assert.equal(readFileSync(join(projectRoot, 'docs/gpu.md'), 'utf8'), gpuPage(projectRoot));
  });

  it('shows shares, ratios and differences of a measurement', async (t) => {
    const { gpuPage } = await page();
    const root = temporaryFolder(t);
    mkdirSync(join(root, 'docs'));
    assert.match(gpuPage(root), /Not measured yet/);
    writeFileSync(join(root, 'docs/gpu.json'), JSON.stringify(MEASURED));
    const text = gpuPage(root);
    assert.match(text, /## Some Card\n\n80\.0 GB, torch 2\.11, CUDA 12\.8, transformers 5\.17; 5\.0 minutes/);
    assert.match(text, /\| losses \| 1\.2e-6 \|/);
    assert.match(
      text,
      /\| adept, first epoch \| 2\.00 \(1\.00 to 3\.00\) \| 50 % \| 8192 \| 40 % \| 20\.0 GB \|/,
    );
    assert.match(text, /\| adept, compiled \| .* \| 40 % \| 8192 \| 50 % \|/);
    assert.match(text, /\| adept, later epochs \| .* \| 25 % \| 8192 \| 40 % \|/);
    assert.match(
      text,
      /took 1\.50 s \(one full pass for each layer: 18\.00 s, 12\.0 times as long\), with 20\.0 GB/,
    );
    assert.doesNotMatch(text, /Not measured yet/);
  });
});
