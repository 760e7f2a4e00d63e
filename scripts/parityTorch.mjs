// `npm run parity:torch`: the parity tests with the engine torch, in float32 on the CPU, with the Python of the tests. What is
// set up for it lies in a folder of its own.
//
//   npm run parity:torch -- --filter tune   only files whose path holds the word
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
await ensurePackages(root);
const { ensureBuilt } = await import('./build.mjs');
const { ensurePython } = await import('./python.mjs');
const found = await ensurePython();
if ('reason' in found) {
  console.error(`adept: there is no Python with PyTorch: ${found.reason}`);
  process.exit(1);
}
await ensureBuilt();
const home = mkdtempSync(join(tmpdir(), 'adept-parity-torch-'));
const env = {
  ...process.env,
  ADEPT_HOME: home,
  ADEPT_DEVICE: 'cpu',
  ADEPT_PARITY_ENGINE: 'torch',
  OMP_NUM_THREADS: '1',
};
try {
  for (const args of [
    ['out/cli.cjs', 'setup', '--torch', '--python', found.python],
    ['scripts/test.mjs', '--kind', 'parity', ...process.argv.slice(2)],
  ]) {
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
    if (status !== 0) {
      process.exitCode = status ?? 1;
      break;
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
