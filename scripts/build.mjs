// Builds out/: one bundle for the command line, one for each test file, and the wasm binaries beside them.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyNativeSources } from './nativeSources.mjs';
import { withLock } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'out');
const tfjsCore = join(root, 'node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js');

/** Every test file below `folder`, in any depth. */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? testFiles(path) : path.endsWith('.test.ts') ? [path] : [];
  });
}

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
  absWorkingDir: root,
  outExtension: { '.js': '.cjs' },
  // tfjs-node asks for the union package but uses its core only: one copy of core, without layers, data and webgl. It must
  // be core's ES5 build, since tfjs-node's own ES5 classes cannot extend native ones.
  alias: { '@tensorflow/tfjs': tfjsCore, '@tensorflow/tfjs-core': tfjsCore },
  mainFields: ['module', 'main'],
};

export async function buildAll({ tests = true } = {}) {
  const { build } = await import('esbuild');
  const wasm = join(out, 'wasm');
  mkdirSync(wasm, { recursive: true });
  const wasmSource = join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  for (const name of readdirSync(wasmSource).filter((file) => file.endsWith('.wasm'))) {
    cpSync(join(wasmSource, name), join(wasm, name));
  }
  copyNativeSources(root, out);
  await build({ ...common, entryPoints: { cli: 'src/cli/main.ts' }, outdir: out });
  if (tests) {
    rmSync(join(out, 'test'), { recursive: true, force: true });
    const entryPoints = testFiles(join(root, 'test')).map((file) => relative(root, file));
    await build({
      ...common,
      entryPoints,
      outdir: join(out, 'test'),
      outbase: 'test',
      sourcemap: 'inline',
      external: ['typescript'],
    });
  }
}

/** What the command line is built from. */
const SOURCES = [
  'src',
  'scripts/build.mjs',
  'scripts/nativeSources.mjs',
  'package.json',
  'package-lock.json',
];

/** @param {string} path @returns {number} the latest change in a file or below a folder, ms */
function changedAt(path) {
  const status = statSync(path);
  return status.isDirectory()
    ? Math.max(status.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))))
    : status.mtimeMs;
}

function isStale() {
  const bundle = join(out, 'cli.cjs');
  return (
    !existsSync(bundle) ||
    Math.max(...SOURCES.map((path) => changedAt(join(root, path)))) > statSync(bundle).mtimeMs
  );
}

/** Builds what people run, if it is missing or older than its sources; of two at once the second waits. */
export async function ensureBuilt() {
  if (isStale()) {
    await withLock(join(root, '.cache/build.lock'), () =>
      isStale() ? buildAll({ tests: false }) : undefined,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildAll({ tests: !process.argv.includes('--no-tests') });
}
