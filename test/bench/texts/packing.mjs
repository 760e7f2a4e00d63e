// What packing documents separate costs beside joined: a forward pass and the gradients of every layer, on 2 × 1024 tokens and
// two layers (on wasm half of each) of documents of 64, and of 10 to 200, in turns. Prints one line of JSON: seconds as [median,
// least, most], and joined over separate.
//
//   node test/bench/texts/packing.mjs [repeats]
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from '../../../scripts/packages.mjs';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const [, , repeats = '9'] = process.argv;
const WAYS = [
  { kind: 'native', env: {} },
  { kind: 'native', env: { ADEPT_FUSED_KERNELS: '0' } },
  { kind: 'wasm', env: {} },
];

await ensurePackages(root);
const { build: bundle } = await import('esbuild');
const { buildAll } = await import('../../../scripts/build.mjs');
await buildAll({ extension: false, tests: false });
const program = join(root, 'out/bench/packing.cjs');
const core = join(root, 'node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js');
await bundle({
  ...{ bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'error' },
  ...{ alias: { '@tensorflow/tfjs': core, '@tensorflow/tfjs-core': core }, mainFields: ['module', 'main'] },
  ...{ entryPoints: ['test/bench/texts/packing.ts'], outfile: program },
});
const engines = WAYS.map(({ kind, env }) => {
  const { status, stdout } = spawnSync(process.execPath, [program, kind, repeats], {
    ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } },
  });
  if (status !== 0) {
    process.exit(1);
  }
  return JSON.parse(stdout.trim().split('\n').at(-1));
});
console.log(JSON.stringify({ processor: cpus()[0]?.model.trim(), engines }));
