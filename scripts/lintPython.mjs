// The part of `npm run lint` that reads python/: ruff and mypy, of the Python that the tests have (scripts/python.mjs). Where that
// lacks them it says so, and nothing is checked.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedPython } from './python.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'python');
const CHECKS = [
  ['ruff', 'check', '--no-cache', '.'],
  ['ruff', 'format', '--no-cache', '--check', '.'],
  ['mypy'],
];

/** @param {string} python @param {string[]} args @param {import('node:child_process').StdioOptions} stdio */
function runModule(python, args, stdio) {
  return spawnSync(python, ['-m', ...args], { cwd: folder, stdio }).status;
}

const python = installedPython();
const missing =
  python === undefined
    ? ['Python']
    : ['ruff', 'mypy'].filter((name) => runModule(python, [name, '--version'], 'ignore') !== 0);
if (python === undefined || missing.length > 0) {
  console.log(
    `lint: python/ is NOT CHECKED: there is no ${missing.join(' and no ')} (npm test installs what test/parity/requirements.txt names)`,
  );
} else {
  const failed = CHECKS.filter((args) => runModule(python, args, 'inherit') !== 0);
  if (failed.length > 0) {
    console.error(`lint: python/: ${failed.map((args) => args.slice(0, 2).join(' ')).join(', ')} failed`);
    process.exit(1);
  }
  console.log('lint: python/ passes ruff and mypy');
}
