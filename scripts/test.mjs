// `npm test`: provides what the tests need, says what they run on, runs them, and ends with "N passed, N failed".
//
//   npm test -- --kind unit       only test/unit (unit, parity, faults, host, e2e)
//   npm test -- --filter corpus   only files whose path holds the word
import { spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const FILES_AT_ONCE = 2;
/** Tests in VS Code take a whole server and a browser for each file. */
const VSCODE_KINDS = ['host', 'e2e'];
const VSCODE_FILE_MILLISECONDS = 20 * 60_000;
/** How many of the slowest files are named at the end. */
const SLOWEST = 12;
/** Seconds that a file took. @type {Map<string, number>} */
const spent = new Map();
const interrupted = new AbortController();
// Every file that runs listens to it until the end.
setMaxListeners(0, interrupted.signal);

/** @param {string} folder @returns {string[]} every bundled test file, in any depth */
function bundledTests(folder) {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? bundledTests(path) : path.endsWith('.test.cjs') ? [path] : [];
  });
}

/** The native engine where it can be had; why not, otherwise. */
function provideNative() {
  if (process.env.ADEPT_TEST_ENGINES === 'wasm') {
    return 'not tested: ADEPT_TEST_ENGINES=wasm';
  }
  const setup = spawnSync(process.execPath, [join(root, 'out/cli.cjs'), 'setup', '--cpu', '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (setup.status !== 0) {
    return `not tested: ${setup.stderr.trim().split('\n').at(-1) ?? 'adept setup failed'}`;
  }
  const { library, device } = JSON.parse(setup.stdout.trim().split('\n').at(-1) ?? '{}');
  return `${library} on ${device}`;
}

/** The Python of the parity tests where it can be had; why not, otherwise. */
async function providePython() {
  const { ensurePython } = await import('./python.mjs');
  const found = await ensurePython();
  if ('python' in found) {
    process.env.ADEPT_PARITY_PYTHON = found.python;
    return `PyTorch, live (${found.python})`;
  }
  return `committed golden values (${found.reason})`;
}

/** A real VS Code where it can be had; why not, otherwise. */
async function provideVSCode() {
  const { ensureVSCode } = await import('./vscode.mjs');
  const found = await ensureVSCode();
  return 'reason' in found ? `not tested: ${found.reason}` : `${found.server}, in ${found.chromium}`;
}

/**
 * @param {string[]} files
 * @param {Omit<NonNullable<Parameters<typeof run>[0]>, 'files'>} options
 * @returns {Promise<{passed: number, failed: number, skipped: number}>}
 */
function runTests(files, options) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  return new Promise((resolve, reject) => {
    if (files.length === 0) {
      resolve(count);
      return;
    }
    const stream = run({ ...options, files, signal: interrupted.signal });
    const name = (event) => `${relative(root, event.file ?? '')} › ${event.name}`;
    stream.on('test:complete', ({ name: of, file = '', details }) => {
      // A file completes after all that it holds, under its own name.
      if (of === file) {
        spent.set(file, details.duration_ms / 1000);
      }
    });
    stream.on('test:pass', (event) => {
      if (event.skip !== undefined) {
        count.skipped += 1;
        console.log(
          `skipped  ${name(event)}: ${event.skip === true || event.skip === '' ? 'no reason given' : event.skip}`,
        );
      } else if (event.details.type !== 'suite') {
        count.passed += 1;
      }
    });
    stream.on('test:fail', (event) => {
      const ofChildren = event.details.error?.failureType === 'subtestsFailed';
      if (!ofChildren) {
        count.failed += 1;
        console.log(
          `FAILED   ${name(event)}\n${event.details.error?.cause?.stack ?? event.details.error?.message ?? ''}\n`,
        );
      }
    });
    stream.on('test:stdout', (event) => process.stdout.write(event.message));
    stream.on('test:stderr', (event) => process.stderr.write(event.message));
    stream.on('error', reject);
    stream.on('end', () => resolve(count));
    stream.resume();
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    console.log(`ended by ${signal}`);
    // Ends the test processes, and with them the servers and browsers that they guard.
    interrupted.abort();
    setTimeout(() => process.exit(1), 500);
  });
}

// Texts that tests tokenise are kept apart from those of the person who runs them.
const texts = mkdtempSync(join(tmpdir(), 'adept-texts-'));
process.env.ADEPT_TEXT_CACHE = texts;
process.on('exit', () => {
  rmSync(texts, { recursive: true, force: true });
});

const { values } = parseArgs({ options: { kind: { type: 'string' }, filter: { type: 'string' } } });
await ensurePackages(root);
const { buildAll } = await import('./build.mjs');
await buildAll();
console.log(`native engine: ${provideNative()}`);
console.log(`wasm engine:   always`);
if (values.kind === undefined || values.kind === 'parity') {
  console.log(`reference:     ${await providePython()}`);
}
if (values.kind === undefined || VSCODE_KINDS.includes(values.kind)) {
  console.log(`VS Code:       ${await provideVSCode()}`);
}
const folders = VSCODE_KINDS.map((kind) => join(root, 'out/test', kind, '/'));
const inVSCode = (file) => folders.some((folder) => file.startsWith(folder));
// Those of the suite run inside the extension host, under mocha: hostSuite.test starts them.
const files = bundledTests(join(root, 'out/test', values.kind ?? '')).filter(
  (file) => file.includes(values.filter ?? '') && !file.startsWith(join(root, 'out/test/host/suite/')),
);
const begin = performance.now();
const counts = [
  await runTests(
    files.filter((file) => !inVSCode(file)),
    { concurrency: FILES_AT_ONCE },
  ),
  await runTests(files.filter(inVSCode), { concurrency: 1, timeout: VSCODE_FILE_MILLISECONDS }),
];
const total = (what) => counts.reduce((sum, count) => sum + count[what], 0);
const slowest = [...spent].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
console.log(
  ['slowest:', ...slowest.map(([file, s]) => `${s.toFixed(0).padStart(5)} s  ${relative(root, file)}`)].join(
    '\n',
  ),
);
console.log(`${files.length} files in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
console.log(
  `${total('passed')} passed, ${total('failed')} failed${total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''}`,
);
process.exit(total('failed') > 0 || total('passed') === 0 ? 1 : 0);
