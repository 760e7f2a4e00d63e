// Which test files there are, what each needs before it can run, and which is started first.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Seconds of the files that take long, as `npm test` prints them: those are started first. */
const DURATIONS = new URL('./durations.json', import.meta.url);

/** Run inside the extension host, under mocha: host/hostSuite.test starts them. */
const SUITE = join('test', 'host', 'suite');
/** Start a whole VS Code, which takes a server and a browser. */
const VSCODE_KINDS = ['host', 'e2e'];
/** Read what is built for the extension, though they are of no kind that shows it. */
const READ_EXTENSION = ['runConfigSchema', 'translations'].map((name) =>
  join('test', 'unit', 'settings', `${name}.test.ts`),
);

/** Names the Python that has PyTorch, for the tests in VS Code that compute with it. */
const TORCH = 'test/support/torchPython.ts';

/** Runs what tests ask of PyTorch in forks of one Python. */
const LOADED = 'test/support/loadedPython.ts';

/** @typedef {'native' | 'python' | 'loadedPython' | 'chromium' | 'vscode'} Need what has to be provided first */
/** @typedef {{ source: string, bundle: string, kind: string, seconds: number }} TestFile paths relative to the clone */

/**
 * Every test file, or those of a kind or with a word in their path; the longest first.
 * @param {string} root
 * @param {{ kind?: string, filter?: string }} chosen
 * @returns {TestFile[]}
 */
export function testFiles(root, { kind, filter } = {}) {
  /** @type {Record<string, number>} */
  const durations = JSON.parse(readFileSync(DURATIONS, 'utf8'));
  return readdirSync(join(root, 'test'), { recursive: true })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => {
      const source = join('test', path);
      const bundle = join('out', source).replace(/\.ts$/, '.cjs');
      return { source, bundle, kind: path.split(/[/\\]/)[0] ?? '', seconds: durations[path] ?? 0 };
    })
    .filter(
      (file) =>
        !isOfSuite(file.source) &&
        (kind === undefined || file.kind === kind) &&
        (filter === undefined || file.source.includes(filter)),
    )
    .sort((a, b) => b.seconds - a.seconds || (a.source < b.source ? -1 : 1));
}

/** @param {string} source @returns {boolean} whether it runs inside the extension host */
export function isOfSuite(source) {
  return source.startsWith(SUITE);
}

/** @param {TestFile} file */
export function isInVSCode({ kind }) {
  return VSCODE_KINDS.includes(kind);
}

/** @param {TestFile} file whether it needs the bundles of the extension and its pages */
export function needsExtension(file) {
  return isInVSCode(file) || file.kind === 'webview' || READ_EXTENSION.includes(file.source);
}

/**
 * @param {TestFile} file
 * @param {readonly string[]} inputs the files that went into its bundle
 * @returns {Need[]}
 */
export function needsOf(file, inputs) {
  const { kind } = file;
  const asksPython = kind === 'parity' || kind === 'torch' || inputs.includes(TORCH);
  /** @type {Need[]} */
  const python = [...(asksPython ? ['python'] : []), ...(inputs.includes(LOADED) ? ['loadedPython'] : [])];
  if (isInVSCode(file)) {
    return ['vscode', 'native', ...python];
  }
  if (kind === 'webview') {
    return ['chromium'];
  }
  // Nothing else of a test can compute: with the engine in its bundle, or through the command line.
  const computes = inputs.some(
    (path) => path.startsWith('src/trainer/tfjs/engine/') || path === 'test/support/command.ts',
  );
  return [...(computes || kind === 'parity' ? ['native'] : []), ...python];
}
