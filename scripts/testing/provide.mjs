// What tests run on, provided where it can be had while tests that need less run already.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Read while libraries load: nothing is downloaded, one thread for each of the files that run at once. */
const LOADED_ENV = {
  HF_HUB_OFFLINE: '1',
  HF_HUB_DISABLE_PROGRESS_BARS: '1',
  TRANSFORMERS_VERBOSITY: 'error',
  TOKENIZERS_PARALLELISM: 'false',
  OMP_NUM_THREADS: '1',
};

/** @param {string} root @returns {Promise<string>} the native engine, or why it is not tested */
async function provideNative(root) {
  if (process.env.ADEPT_TEST_ENGINES === 'wasm') {
    return 'not tested: ADEPT_TEST_ENGINES=wasm';
  }
  const setup = await output(process.execPath, [join(root, 'out/cli.cjs'), 'setup', '--cpu', '--json']);
  if (setup.status !== 0) {
    return `not tested: ${lastLine(setup.stderr) || 'adept setup failed'}`;
  }
  const { library, device } = JSON.parse(lastLine(setup.stdout));
  return `${library} on ${device}`;
}

/** @type {Promise<string> | undefined} */
let python;

/** @param {string} root @returns {Promise<string>} the Python of the parity tests, or what stands in for it */
function providePython(root) {
  python ??= findPython(root);
  return python;
}

/** @param {string} root */
async function findPython(root) {
  const { status, stdout, stderr } = await output(process.execPath, [join(root, 'scripts/python.mjs')]);
  if (status !== 0) {
    return `committed golden values (${lastLine(stderr)})`;
  }
  process.env.ADEPT_PARITY_PYTHON = lastLine(stdout);
  return `PyTorch, live (${process.env.ADEPT_PARITY_PYTHON})`;
}

/**
 * Starts the Python in whose forks tests ask PyTorch (test/support/loadedPython.py). It ends when the pipe to it closes.
 * @param {string} root
 * @returns {Promise<string>}
 */
async function provideLoadedPython(root) {
  await providePython(root);
  const program = process.env.ADEPT_PARITY_PYTHON;
  if (program === undefined || process.platform !== 'linux') {
    return 'not used: each test starts its own';
  }
  const folder = mkdtempSync(join(tmpdir(), 'adept-python-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [script, socket, client] = [
    join(root, 'test/support/loadedPython.py'),
    join(folder, 'socket'),
    join(folder, 'python'),
  ];
  writeFileSync(client, `#!/bin/sh\nexec '${program}' -S '${script}' --ask '${socket}' "$@"\n`, {
    mode: 0o755,
  });
  const server = spawn(program, [script, '--serve', socket], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...LOADED_ENV },
  });
  const ready = await new Promise((resolve) => {
    server.stdout.once('data', () => resolve(true));
    server.once('error', () => resolve(false));
    server.once('exit', () => resolve(false));
  });
  if (!ready) {
    return 'not used: it could not be started';
  }
  process.env.ADEPT_LOADED_PYTHON = client;
  return 'PyTorch and transformers, loaded once';
}

/** @param {string} root @param {string[]} args @returns {Promise<Record<string, string>>} what scripts/vscode.mjs says */
async function askVSCode(root, ...args) {
  const { status, stdout, stderr } = await output(process.execPath, [
    join(root, 'scripts/vscode.mjs'),
    ...args,
  ]);
  if (status !== 0) {
    throw new Error(`scripts/vscode.mjs ended with ${status}: ${stderr}`);
  }
  return JSON.parse(lastLine(stdout));
}

/** @param {string} root @returns {Promise<string>} */
async function provideChromium(root) {
  const found = await askVSCode(root, '--chromium');
  return found.reason === undefined ? (found.chromium ?? '') : `not tested: ${found.reason}`;
}

/** @param {string} root @returns {Promise<string>} */
async function provideVSCode(root) {
  const found = await askVSCode(root);
  return found.reason === undefined ? `${found.server}, in ${found.chromium}` : `not tested: ${found.reason}`;
}

/** @type {Record<import('./files.mjs').Need, { title: string, provide: (root: string) => Promise<string> }>} */
const PROVIDERS = {
  native: { title: 'native engine', provide: provideNative },
  python: { title: 'reference', provide: providePython },
  loadedPython: { title: 'Python', provide: provideLoadedPython },
  chromium: { title: 'Chromium', provide: provideChromium },
  vscode: { title: 'VS Code', provide: provideVSCode },
};

/**
 * Starts to provide each need, and says what each came to as soon as it is known.
 * @param {string} root
 * @param {Iterable<import('./files.mjs').Need>} needs
 * @returns {Map<import('./files.mjs').Need, Promise<void>>} settled when the tests that need it can run, or skip
 */
export function provideAll(root, needs) {
  return new Map(
    [...needs].map((need) => {
      const { title, provide } = PROVIDERS[need];
      const begin = performance.now();
      const provided = provide(root).then((found) => {
        const seconds = (performance.now() - begin) / 1000;
        console.log(`${`${title}:`.padEnd(14)} ${found} (${seconds.toFixed(0)} s)`);
      });
      return [need, provided];
    }),
  );
}

/**
 * Runs a program beside everything else; what it says on stderr is also shown as it comes.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string }>}
 */
function output(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      text.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      text.stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...text }));
    process.once('exit', () => child.kill());
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
