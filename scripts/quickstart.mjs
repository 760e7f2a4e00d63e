// `npm run quickstart`: the main job on the sample, with the embedded engine, on a fresh clone.
//
//   npm run quickstart -- --config FILE   another job than media/sample/sample.adept.json, for example a shorter one
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runs = join(root, '.adept/runs');

await ensurePackages(root);
const { ensureBuilt } = await import('./build.mjs');
await ensureBuilt();

/** The first folder `quickstart-N` that is not there yet. */
function nextRun() {
  mkdirSync(runs, { recursive: true });
  const taken = new Set(readdirSync(runs));
  let number = 1;
  while (taken.has(`quickstart-${number}`)) {
    number += 1;
  }
  return join(runs, `quickstart-${number}`);
}

const out = nextRun();
const { values } = parseArgs({
  options: { config: { type: 'string', default: join(root, 'media/sample/sample.adept.json') } },
});
const config = resolve(process.env.INIT_CWD ?? process.cwd(), values.config);
console.log('Adapting the sample model to its domain with the embedded wasm engine:');
console.log('analyze, expand the layers that matter least, tune the copies, evaluate, export.\n');
const begin = performance.now();
const job = spawnSync(
  process.execPath,
  [join(root, 'out/cli.cjs'), 'run', '--config', config, '--out', out, '--engine', 'wasm'],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
if (job.status !== 0) {
  console.error(
    `quickstart: the job ended with ${job.signal ?? `exit status ${job.status}`}; what it wrote lies in ${out}.`,
  );
  process.exit(job.status ?? 1);
}
explain(out, (performance.now() - begin) / 1000);

/**
 * @param {string} folder of the run
 * @param {number} seconds
 */
function explain(folder, seconds) {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const importance = read('importance.json');
  const report = read('report.json');
  const widest = Math.max(...importance.layers.map((layer) => layer.importance));
  console.log(
    `\nThe job took ${seconds.toFixed(0)} s. How much each layer matters to general text (increase in loss without it, nats):\n`,
  );
  for (const { index, importance: value } of importance.layers) {
    const bar = '█'.repeat(Math.max(1, Math.round((30 * value) / widest)));
    const chosen = report.layers.expanded.includes(index) ? '  ← expanded' : '';
    console.log(`  layer ${String(index).padStart(2)}  ${value.toFixed(4).padStart(8)}  ${bar}${chosen}`);
  }
  const change = (before, after) =>
    `${before.toFixed(4)} → ${after.toFixed(4)} (${after >= before ? '+' : ''}${(after - before).toFixed(4)})`;
  console.log(`\n  domain loss   ${change(report.before.domainLoss, report.after.domainLoss)}`);
  console.log(`  general loss  ${change(report.before.generalLoss, report.after.generalLoss)}\n`);
  for (const [name, what] of [
    ['importance.json', 'importance of every layer and unit'],
    ['events.ndjson', 'every step, evaluation and learning rate'],
    ['checkpoints', 'the added layers at each checkpoint'],
    ['export', 'the adapted model, a Hugging Face folder'],
  ]) {
    const path = join(folder, name);
    if (existsSync(path)) {
      console.log(`  ${relative(process.env.INIT_CWD ?? process.cwd(), path).padEnd(46)} ${what}`);
    }
  }
  const native = spawnSync(
    process.execPath,
    [join(root, 'out/cli.cjs'), 'engine', '--engine', 'native', '--json'],
    { encoding: 'utf8' },
  );
  console.log(
    native.status === 0
      ? '\nThe native engine is installed too: leave out --engine wasm and it computes.'
      : '\nThe native engine is not installed; "npm run adept -- setup" provides it and makes large models practical.',
  );
}
