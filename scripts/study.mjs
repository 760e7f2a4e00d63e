// `npm run study`: the studies of docs/study.md, and its tables. Hours: what is done is not done again, so it may be ended at
// any time and run once more.
//
//   npm run study                     docs/study.study.json: every arm with three seeds
//   npm run study -- --only epochs    docs/epochs.study.json: the same text four times
//   npm run study -- --only epochs --dial NAME-SEED    losses over α of a run that was kept
//   npm run study -- --rates          the units' learning rates in the runs that were done here, beside the base rate
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withStrength, withStudy } from './studyPage.mjs';
import { unitRatesOf } from './studyRates.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'study' },
    dial: { type: 'string' },
    rates: { type: 'boolean', default: false },
  },
});
const page = join(root, 'docs/study.md');

if (values.rates) {
  const runs = join(root, 'docs', values.only, 'runs');
  if (!existsSync(runs)) {
    console.error(`${runs} is not there: no run was done here yet; npm run study does them.`);
    process.exit(1);
  }
  console.table(unitRatesOf(runs));
  process.exit();
}

/** @param {string[]} args @returns {Record<string, unknown>} what the command came to */
function adept(...args) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'scripts/adept.mjs'), ...args, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status !== 0) {
    process.exit(status ?? 1);
  }
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

const model = spawnSync(process.execPath, [join(root, 'scripts/smollm2.mjs')], { stdio: 'inherit' });
if (model.status !== 0) {
  process.exit(model.status ?? 1);
}
if (values.dial !== undefined) {
  const run = join(root, 'docs', values.only, 'runs', values.dial);
  const alphas = '0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9';
  const { points } = adept('dial', run, '--alphas', alphas);
  copyFileSync(join(run, 'dial.json'), join(root, 'docs', values.only, 'dial.json'));
  writeFileSync(page, withStrength(readFileSync(page, 'utf8'), values.only, points));
  process.exit();
}
const { arms, done, planned } = adept('study', '--config', join(root, 'docs', `${values.only}.study.json`));
writeFileSync(page, withStudy(readFileSync(page, 'utf8'), values.only, arms));
console.log(`${done} of ${planned} runs are done; written: ${page}`);
