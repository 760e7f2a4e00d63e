// `npm test`: builds and provides what the tests need, says what they run on, runs them, and ends with "N passed, N failed".
//
//   npm test -- --kind unit       only test/unit (unit, jobs, parity, torch, faults, repository, webview, host, e2e)
//   npm test -- --filter corpus   only files whose path holds the word
//   npm test -- --list            only says which files these are
import { setMaxListeners } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from './packages.mjs';
import { needsExtension, needsOf, testFiles } from './testing/files.mjs';
import { provideAll } from './testing/provide.mjs';
import { TestQueue } from './testing/queue.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** One more than there are processors, since each waits now and then for a window, a file or a child. */
const FILES_AT_ONCE = Math.min(availableParallelism(), 4) + 1;
/** Each takes a server and a browser; more of them would wait for each other longer than a test waits for a window. */
const IN_VSCODE_AT_ONCE = Math.max(1, FILES_AT_ONCE - 1);
/** How many of the slowest files are named at the end. */
const SLOWEST = 12;

/** Ends the test processes on a signal, and with them the servers and browsers that they guard. */
function endOnSignals() {
  const interrupted = new AbortController();
  // Every file that runs listens to it until the end.
  setMaxListeners(0, interrupted.signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      console.log(`ended by ${signal}`);
      interrupted.abort();
      setTimeout(() => process.exit(1), 500);
    });
  }
  return interrupted.signal;
}

/** Texts that tests tokenise are kept apart from those of the person who runs them; the package is made once for all. */
function ownFolders() {
  const folder = mkdtempSync(join(tmpdir(), 'adept-tests-'));
  for (const [variable, name] of [
    ['ADEPT_TEXT_CACHE', 'texts'],
    ['ADEPT_TEST_PACKAGE', 'package'],
  ]) {
    process.env[variable] = join(folder, name);
    mkdirSync(join(folder, name));
  }
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Several files run at once, and small models are slower on two threads than on one: what computes takes one. */
function oneThreadEach() {
  process.env.TF_NUM_INTRAOP_THREADS ??= '1';
}

/** @returns what all processors together spent since the machine started, and how much of it idle, ms */
function processorTimes() {
  const times = cpus().map((one) => one.times);
  const sum = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0);
  return { all: sum(times.flatMap((one) => Object.values(one))), idle: sum(times.map(({ idle }) => idle)) };
}

/**
 * @param {import('./testing/queue.mjs').Results} results
 * @param {number} begin when the first file was started
 * @param {ReturnType<typeof processorTimes>} before
 */
function report({ passed, failed, skipped, seconds }, begin, before) {
  const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
  console.log('slowest:');
  for (const [file, spent] of slowest) {
    console.log(`${spent.toFixed(0).padStart(5)} s  ${file}`);
  }
  const after = processorTimes();
  const idle = (100 * (after.idle - before.idle)) / Math.max(1, after.all - before.all);
  const spent = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(
    `${seconds.size} files in ${spent} s, ${FILES_AT_ONCE} at once, processors ${idle.toFixed(0)} % idle`,
  );
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
}

const { values } = parseArgs({
  options: { kind: { type: 'string' }, filter: { type: 'string' }, list: { type: 'boolean' } },
});
const files = testFiles(root, values);
if (values.list) {
  console.log(files.map(({ source }) => source).join('\n'));
  process.exit(0);
}
if (values.kind !== undefined || values.filter !== undefined) {
  // For the test that looks whether everything is built.
  process.env.ADEPT_TEST_CHOSEN = '1';
}
const signal = endOnSignals();
ownFolders();
oneThreadEach();
await ensurePackages(root);
const { buildForTests } = await import('./build.mjs');
const inputs = await buildForTests({ files, extension: files.some(needsExtension) });
const queued = files.map((file) => ({ ...file, needs: needsOf(file, inputs.get(file.bundle) ?? []) }));
const begin = performance.now();
const before = processorTimes();
console.log('wasm engine:   always');
const providing = provideAll(root, new Set(queued.flatMap(({ needs }) => needs)));
const queue = new TestQueue(root, { atOnce: FILES_AT_ONCE, inVSCodeAtOnce: IN_VSCODE_AT_ONCE }, signal);
const results = await queue.run(queued, providing);
if (signal.aborted) {
  // A count of half the tests would look like a result.
  process.exit(1);
}
report(results, begin, before);
process.exit(results.failed > 0 || results.passed === 0 ? 1 : 0);
