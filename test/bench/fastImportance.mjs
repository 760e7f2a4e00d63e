// `npm run bench:fast`: how well one-pass estimates of layer importance rank layers as the exact one does, on three pretrained
// models. Writes bench/results/fastImportance.json, and the table of docs/performance.md from it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from '../../scripts/packages.mjs';
import { withFast } from './performance/page.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const data = join(root, '../shared/data');
const work = join(root, '.cache/bench/fastImportance');

const smollm2 = (text, file) => ({
  name: `SmolLM2-135M-Instruct, ${text}`,
  model: join(root, '.cache/models/SmolLM2-135M-Instruct'),
  data: join(data, file),
  ...{ seqLen: 256, maxSequences: 8, batchSize: 4 },
});
const MODELS = [
  smollm2('C4', 'general/c4_demo.jsonl'),
  smollm2('GSM8K', 'math/gsm8k_test.jsonl'),
  {
    name: 'stories260K, TinyStories',
    model: join(data, 'stories260K'),
    data: join(data, 'tinystories/stories.jsonl'),
    ...{ seqLen: 256, maxSequences: 16, batchSize: 4 },
  },
  {
    name: 'the sample model, its general text',
    model: join(root, 'media/sample/model'),
    data: join(root, 'media/sample/general.txt'),
    ...{ seqLen: 64, maxSequences: 32, batchSize: 8 },
  },
];

/** Ranks from 0; equal values share their mean rank. @param {readonly number[]} values */
function ranks(values) {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}

/** Spearman's rank correlation. */
function correlation(a, b) {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (x.length - 1) / 2;
  const product = (p, q) => p.reduce((sum, value, at) => sum + (value - mean) * (q[at] - mean), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

/** How many of the `k` least important layers both name. */
function overlap(a, b, k) {
  const least = (values) => [...values.keys()].sort((x, y) => values[x] - values[y]).slice(0, k);
  const named = new Set(least(a));
  return least(b).filter((layer) => named.has(layer)).length;
}

await ensurePackages(root);
const { build: bundle } = await import('esbuild');
const { buildAll } = await import('../../scripts/build.mjs');
await buildAll({ extension: false, tests: false });
const ours = join(root, 'out/bench/fastImportance.cjs');
await bundle({
  ...{ bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'error' },
  ...{ entryPoints: ['test/bench/fastImportance/ours.ts'], outfile: ours },
});
mkdirSync(work, { recursive: true });
const rows = [];
for (const { name, ...job } of MODELS) {
  const missing = [job.model, job.data].find((path) => !existsSync(path));
  if (missing !== undefined) {
    console.log(`${name}: not measured, ${missing} is not there`);
    continue;
  }
  const file = join(work, 'job.json');
  writeFileSync(file, JSON.stringify(job));
  const { status, stdout } = spawnSync(process.execPath, [ours, file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    process.exit(1);
  }
  const { exact, estimators, seconds, tokens } = JSON.parse(stdout.trim().split('\n').at(-1));
  const k = Math.min(4, Math.ceil(exact.length / 2));
  for (const [estimator, values] of Object.entries(estimators)) {
    // Influence, too, needs a forward pass alone; here it was computed beside the others.
    const alone = estimator === 'relative change' || estimator === 'influence';
    const time = alone ? seconds.forward : seconds.withGradients;
    rows.push({
      model: name,
      estimator,
      layers: exact.length,
      tokens,
      rankCorrelation: correlation(exact, values),
      leastInCommon: [overlap(exact, values, k), k],
      ofExactTime: time / seconds.exact,
    });
  }
}
const results = { processor: cpus()[0]?.model.trim(), date: new Date().toISOString(), rows };
mkdirSync(join(root, 'bench/results'), { recursive: true });
writeFileSync(join(root, 'bench/results/fastImportance.json'), `${JSON.stringify(results, null, 2)}\n`);
const file = join(root, 'docs/performance.md');
const page = withFast(readFileSync(file, 'utf8'), results);
writeFileSync(file, page);
console.log(/<!-- fast -->\n([^]*)\n<!-- \/fast -->/.exec(page)[1]);
