// `npm run config-keys`: what another version of transformers would change in the table of families: keys of config.json that its
// classes read, and their defaults, beside those that are committed (test/parity/golden/config-keys.json).
//
//   npm run config-keys                       the Python of the tests
//   npm run config-keys -- /path/to/python    one that has another transformers
//
// Ends with status 1 where there is a difference: then src/shared/model/families.ts and configKeys.ts are to be looked at, and the
// golden value is renewed with ADEPT_UPDATE_GOLDEN=1 by test/parity/familyTable.test.ts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { ensurePython } from './python.mjs';

/** @typedef {Record<string, { reads: string[], defaults: Record<string, unknown> }>} Families */

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {Promise<string>} */
async function interpreter() {
  const [given] = process.argv.slice(2);
  if (given !== undefined) {
    return given;
  }
  const found = await ensurePython();
  if ('reason' in found) {
    throw new Error(`there is no Python with transformers: ${found.reason}`);
  }
  return found.python;
}

/** @param {string} python @param {string[]} families @returns {Families} */
function ask(python, families) {
  const folder = mkdtempSync(join(tmpdir(), 'adept-config-keys-'));
  try {
    const request = join(folder, 'request.json');
    writeFileSync(request, JSON.stringify({ families }));
    const script = join(root, 'test/parity/reference.py');
    const { status, stdout, stderr } = spawnSync(python, [script, 'configKeys', '--request', request], {
      encoding: 'utf8',
    });
    if (status !== 0) {
      throw new Error(`${python} failed: ${stderr}`);
    }
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Families} before @param {Families} after @returns {string[]} */
function differences(before, after) {
  return Object.entries(before).flatMap(([family, old]) => {
    const now = after[family] ?? { reads: [], defaults: {} };
    const keys = [...new Set([...Object.keys(old.defaults), ...Object.keys(now.defaults)])];
    return [
      ...now.reads.filter((key) => !old.reads.includes(key)).map((key) => `${family}: reads ${key} now`),
      ...old.reads.filter((key) => !now.reads.includes(key)).map((key) => `${family}: reads ${key} no more`),
      ...keys
        .filter((key) => !isDeepStrictEqual(old.defaults[key], now.defaults[key]))
        .map(
          (key) =>
            `${family}: ${key} was ${JSON.stringify(old.defaults[key])} by default, is ${JSON.stringify(now.defaults[key])}`,
        ),
    ];
  });
}

const golden = JSON.parse(readFileSync(join(root, 'test/parity/golden/config-keys.json'), 'utf8'));
/** @type {Families} */
const committed = golden.result;
try {
  const python = await interpreter();
  const found = differences(committed, ask(python, Object.keys(committed)));
  const base = `transformers ${golden.versions.transformers}`;
  console.log(
    found.length === 0
      ? `config-keys: nothing differs from ${base}`
      : [`config-keys: beside ${base}`, ...found].join('\n'),
  );
  process.exitCode = found.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`adept: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
