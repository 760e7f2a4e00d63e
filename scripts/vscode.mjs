// A real VS Code for tests: its server from code-server's npm package, run by the Node.js it wants, and a Chromium to
// open it in. Provided once, into .cache/vscode, by the ordinary clients of npm and Debian.
//
//   node scripts/vscode.mjs              prints { node, server, codeServer, chromium } or { reason } as JSON
//   node scripts/vscode.mjs --chromium   only { chromium } or { reason }, for pages that need no VS Code
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, '.cache/vscode');
const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
// code-server 4.139.1 is VS Code 1.139 and asks for Node.js 24.
const PACKAGES = { 'code-server': '4.139.1', [nodePackage]: '24', 'node-gyp': '12' };
/** What VS Code loads at once and the package has as sources only. */
const NATIVE_MODULES = ['spdlog', 'native-watchdog'];
/** The first has pages without the windows around them: the tests of pages take a quarter less of the processor, at least. */
const CHROMIUM_NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
/** Of Debian, the one that is wanted first: older releases lack it. */
const CHROMIUM_PACKAGES = ['chromium-headless-shell', 'chromium'];

/** Why VS Code cannot be provided here. */
class Unavailable extends Error {}

/**
 * @typedef {{ node: string, server: string, codeServer: string, chromium: string }} VSCode paths of the executables and
 *   of the folders of VS Code's server and of code-server
 * @returns {Promise<VSCode | { reason: string }>}
 */
export async function ensureVSCode() {
  return orReason(async () => {
    if (process.platform === 'win32') {
      throw new Unavailable('code-server has no package for Windows');
    }
    const chromium = ensureChromium();
    const paths = await ensureServer();
    return { ...paths, chromium };
  });
}

/**
 * @template T
 * @param {() => T | Promise<T>} provide
 * @returns {Promise<T | { reason: string }>}
 */
async function orReason(provide) {
  try {
    return await provide();
  } catch (error) {
    if (error instanceof Unavailable) {
      return { reason: error.message };
    }
    throw error;
  }
}

async function ensureServer() {
  const folder = join(cache, 'server');
  const stamp = join(folder, 'provided.json');
  const wanted = JSON.stringify(PACKAGES);
  const fresh = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (!fresh()) {
    await withLock(join(cache, 'lock'), () => {
      if (!fresh()) {
        installServer(folder);
        writeFileSync(stamp, wanted);
      }
    });
  }
  const modules = join(folder, 'node_modules');
  return {
    node: join(modules, nodePackage, 'bin/node'),
    server: join(modules, 'code-server/lib/vscode'),
    codeServer: join(modules, 'code-server'),
  };
}

/** @param {string} folder */
function installServer(folder) {
  process.stderr.write('providing VS Code for the tests (npm; about 2 minutes and 1 GB, once)\n');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const manifest = { name: 'adept-test-vscode', private: true, dependencies: PACKAGES };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  npmInstall(folder);
  const server = join(folder, 'node_modules/code-server/lib/vscode');
  npmInstall(server);
  npmInstall(join(server, 'extensions'));
  for (const name of NATIVE_MODULES) {
    compile(folder, join(server, 'node_modules/@vscode', name));
  }
}

/** @param {string} folder */
function npmInstall(folder) {
  command('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
}

/**
 * @param {string} folder of the packages
 * @param {string} module folder of a native module
 */
function compile(folder, module) {
  const modules = join(folder, 'node_modules');
  // The package of the Node.js binary is its installation prefix too: its headers are in include/node.
  const prefix = join(modules, nodePackage);
  const gyp = join(modules, 'node-gyp/bin/node-gyp.js');
  command(join(prefix, 'bin/node'), [gyp, 'rebuild', `--nodedir=${prefix}`], module);
}

/** Runs a command; what it says is shown only when it fails. */
function command(program, args, cwd) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
    const what = error?.message ?? signal ?? `exit status ${status}`;
    throw new Unavailable(`"${[program, ...args].join(' ')}" failed in ${cwd} (${what})`);
  }
}

function ensureChromium() {
  const given = process.env.ADEPT_CHROMIUM;
  if (given !== undefined) {
    if (!existsSync(given)) {
      throw new Unavailable(`ADEPT_CHROMIUM names ${given}, which is not there`);
    }
    return given;
  }
  const found = findChromium();
  if (found !== undefined) {
    return found;
  }
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) {
    throw new Unavailable('there is no Chromium: install one, or name one in ADEPT_CHROMIUM');
  }
  process.stderr.write('installing Chromium (apt-get)\n');
  // A fresh machine has no package lists yet.
  if (!CHROMIUM_PACKAGES.some(aptInstall)) {
    apt('update');
    CHROMIUM_PACKAGES.some(aptInstall);
  }
  const installed = findChromium();
  if (installed === undefined) {
    throw new Unavailable(`"apt-get install ${CHROMIUM_PACKAGES.at(-1)}" failed`);
  }
  return installed;
}

/** @param {string} name @returns {boolean} whether the package is there now */
function aptInstall(name) {
  return apt('install', '-y', '--no-install-recommends', name);
}

/** @param {string[]} args @returns {boolean} */
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { stdio: 'ignore', env }).status === 0;
}

function findChromium() {
  return CHROMIUM_NAMES.map(onPath).find((path) => path !== undefined);
}

/** @param {string} name @returns {string | undefined} */
function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const provided = process.argv.includes('--chromium')
    ? await orReason(() => ({ chromium: ensureChromium() }))
    : await ensureVSCode();
  console.log(JSON.stringify(provided));
}
