// `npm run test:electron`: the suite of test/host/suite inside a desktop VS Code, which @vscode/test-electron downloads.
// On a machine without a screen run it under xvfb-run. `npm test` runs the same suite in VS Code's server.
//
//   ADEPT_VSCODE_VERSION=1.101.0   another version than the latest
//   ADEPT_VSCODE=/path/to/code     one that is installed, without a download
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
await ensurePackages(root);
const { buildAll } = await import('./build.mjs');
const { runTests } = await import('@vscode/test-electron');

/** @param {string} file of the suite @returns {{ passed: number, failed: number } | undefined} undefined when it did not end */
function readCounts(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const last = lines.length > 0 ? JSON.parse(lines.at(-1)) : undefined;
  return last?.type === 'end' ? last : undefined;
}

await buildAll();
const folder = mkdtempSync(join(tmpdir(), 'adept-electron-'));
const results = join(folder, 'results.ndjson');
const { ADEPT_VSCODE_VERSION: version, ADEPT_VSCODE: executable } = process.env;
let problem;
try {
  await runTests({
    ...(version === undefined ? {} : { version }),
    ...(executable === undefined ? {} : { vscodeExecutablePath: executable }),
    cachePath: join(root, '.cache/vscode-desktop'),
    extensionDevelopmentPath: root,
    extensionTestsPath: join(root, 'out/test/host/suite/index.cjs'),
    extensionTestsEnv: { ADEPT_HOST_RESULTS: results },
    launchArgs: [
      mkdtempSync(join(folder, 'workspace-')),
      `--user-data-dir=${join(folder, 'user')}`,
      `--extensions-dir=${join(folder, 'extensions')}`,
      '--disable-workspace-trust',
      '--disable-gpu',
    ],
  });
} catch (error) {
  problem = error;
}
const counts = readCounts(results);
rmSync(folder, { recursive: true, force: true });
if (counts === undefined) {
  console.error(
    `test:electron: the suite did not run to its end: ${problem?.message ?? 'VS Code ended early'}`,
  );
  process.exit(1);
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed > 0 ? 1 : 0);
