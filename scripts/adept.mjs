// `npm run --silent adept -- <command> …`: installs and builds what is missing or stale, then runs the command line.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages, withLock } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = join(root, 'out/cli.cjs');
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
  return (
    !existsSync(bundle) ||
    Math.max(...SOURCES.map((path) => changedAt(join(root, path)))) > statSync(bundle).mtimeMs
  );
}

await ensurePackages(root);
if (isStale()) {
  const { buildAll } = await import('./build.mjs');
  await withLock(join(root, '.cache/build.lock'), () =>
    isStale() ? buildAll({ extension: false, tests: false }) : undefined,
  );
}
// npm changes into the package's folder; what people type is relative to where they stand.
const child = spawn(process.execPath, [bundle, ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => {
  process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
});
