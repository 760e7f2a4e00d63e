// What docs/torch.md shows of the engine torch on the CPU. Each command measures, writes its figures into bench/results, makes its table
// of the page anew, and fails where a bar is not met. The Python is that of the tests, set up in a folder of its own.
//
//   npm run torch:faults -- --moments 30 --seed 2    a rank or the trainer killed or stopped at random moments
//   npm run torch:bfloat16                           200 steps on SmolLM2-135M in float32 and in bfloat16
//   npm run torch:compile                            torch.compile beside eager PyTorch on SmolLM2-135M
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from '../../scripts/packages.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const [name, ...options] = process.argv.slice(2);

const COMMANDS = ['faults', 'bfloat16', 'compile'];
if (!COMMANDS.includes(name)) {
  console.error(`adept: ${name} is not measured: name one of ${COMMANDS.join(', ')}.`);
  process.exit(2);
}
await ensurePackages(root);
const { ensurePython } = await import('../../scripts/python.mjs');
const { buildTorchBench, ensureBuilt } = await import('../../scripts/build.mjs');
const found = await ensurePython();
if ('reason' in found) {
  console.error(`adept: there is no Python with PyTorch: ${found.reason}`);
  process.exit(1);
}
await ensureBuilt();
const bundle = await buildTorchBench(`test/bench/torch/${name}.ts`);
const home = mkdtempSync(join(tmpdir(), 'adept-torch-bench-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
const env = {
  ...process.env,
  ADEPT_HOME: home,
  ADEPT_DEVICE: 'cpu',
  ADEPT_PARITY_PYTHON: found.python,
  OMP_NUM_THREADS: '1',
};
const child = spawn(process.execPath, [bundle, ...options], { cwd: root, stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => {
  process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
});
