// `npm run study`: the studies of docs/study.md, and its tables. Hours: what is done is not done again, so it may be ended at
// any time and run once more.
//
//   npm run study                     docs/study.study.json: every arm with three seeds
//   npm run study -- --only search    docs/search.study.json: settings of ADEPT
//   npm run study -- --only epochs    docs/epochs.study.json: the same text four times
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withStudy } from './studyPage.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { only: { type: 'string', default: 'study' } } });
const model = spawnSync(process.execPath, [join(root, 'scripts/smollm2.mjs')], { stdio: 'inherit' });
if (model.status !== 0) {
  process.exit(model.status ?? 1);
}
const config = join(root, 'docs', `${values.only}.study.json`);
const { status, stdout } = spawnSync(
  process.execPath,
  [join(root, 'scripts/adept.mjs'), 'study', '--config', config, '--json'],
  { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 28 },
);
if (status !== 0) {
  process.exit(status ?? 1);
}
const { arms, done, planned } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
const page = join(root, 'docs/study.md');
writeFileSync(page, withStudy(readFileSync(page, 'utf8'), values.only, arms));
console.log(`${done} of ${planned} runs are done; written: ${page}`);
