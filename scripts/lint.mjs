// `npm run lint`: import rules, oxlint, formatting, and what reads python/, side by side.
//
//   npm run lint -- --no-python   without the last, which .ci/run waits for a Python with
import { spawn } from 'node:child_process';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GO_ENVIRONMENT } from './goEnvironment.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What follows each other in a lane takes about as long together as the other lane. */
const LANES = [
  [['oxlint']],
  [
    ['depcruise', 'src', 'webview', 'test', '--config', '.dependency-cruiser.mjs'],
    ['oxfmt', '--check'],
  ],
];
const PYTHON = [process.execPath, join(root, 'scripts/lintPython.mjs')];

/** @param {string} name of a command that a package brings */
function installed(name) {
  return join(root, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name);
}

/** @param {string[]} command @returns {Promise<boolean>} whether it found nothing; what it says is shown when it has ended */
function run([name = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = isAbsolute(name)
      ? spawn(name, args, { cwd: root })
      : spawn(installed(name), args, {
          cwd: root,
          shell: process.platform === 'win32',
          env: GO_ENVIRONMENT,
        });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece) => {
        said += piece;
      });
    }
    child.once('error', reject);
    child.once('close', (status) => {
      process.stdout.write(said);
      resolve(status === 0);
    });
  });
}

/** @param {string[][]} commands @returns {Promise<boolean>} */
async function lane(commands) {
  let clean = true;
  for (const command of commands) {
    clean = (await run(command)) && clean;
  }
  return clean;
}

const lanes = process.argv.includes('--no-python') ? LANES : [...LANES, [PYTHON]];
const clean = await Promise.all(lanes.map(lane));
process.exitCode = clean.every(Boolean) ? 0 : 1;
