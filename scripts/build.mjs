// Builds out/: one bundle for each process (command line, extension host, every webview), one for each test file, and
// beside them what they load: wasm binaries, native sources, the Python package, the JSON schema, the texts to translate, the icon font.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyNativeSources } from './nativeSources.mjs';
import { withLock } from './packages.mjs';
import { testFiles } from './testing/files.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'out');
const tfjsCore = join(root, 'node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js');
const tinyglobby = join(root, 'node_modules/tinyglobby/dist/index.cjs');

/**
 * esbuild is loaded when something has to be built, which most calls of `adept` have not.
 * @param {import('esbuild').BuildOptions} options
 * @returns {Promise<string[]>} the files that went into the bundles, relative to the clone
 */
async function build(options) {
  const esbuild = await import('esbuild');
  const { metafile } = await esbuild.build({ ...options, metafile: true });
  return Object.keys(metafile.inputs);
}

/** Every file with this ending below `folder`, in any depth, relative to the clone. */
function filesBelow(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));
}

/** Runs commands for tests, which start it. */
const COMMAND_SERVER = 'test/support/commandServer.ts';

/** @type {import('esbuild').BuildOptions} */
const shared = { bundle: true, logLevel: 'warning', absWorkingDir: root };

/** @type {import('esbuild').BuildOptions} */
const node = {
  ...shared,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'linked',
  outExtension: { '.js': '.cjs' },
  // tfjs-node asks for the union package but uses its core only: one copy of core, without layers, data and webgl. It must
  // be core's ES5 build, since tfjs-node's own ES5 classes cannot extend native ones.
  //
  // tinyglobby's ES module leads to fdir's, which wants import.meta.url; a bundle of CommonJS has none.
  alias: { '@tensorflow/tfjs': tfjsCore, '@tensorflow/tfjs-core': tfjsCore, tinyglobby },
  mainFields: ['module', 'main'],
};

/** @type {import('esbuild').BuildOptions} */
const browser = {
  ...shared,
  platform: 'browser',
  format: 'iife',
  // The oldest VS Code that package.json allows runs Chromium 134.
  target: 'chrome134',
  sourcemap: 'linked',
};

/**
 * The torch executor's package, where the trainer finds it beside its bundle.
 * @param {string} out
 */
function copyPythonPackage(out) {
  const target = join(out, 'python', 'adept_torch');
  rmSync(target, { recursive: true, force: true });
  cpSync(join(root, 'python', 'adept_torch'), target, {
    recursive: true,
    filter: (path) => !path.endsWith('__pycache__'),
  });
}

/**
 * @typedef {{ out: string, minify: boolean }} Target the folder to fill, and whether for people rather than for tests
 * @param {Target} target of the command line, which is the trainer as well
 */
async function buildTrainer({ out, minify }) {
  const wasm = join(out, 'wasm');
  mkdirSync(wasm, { recursive: true });
  const wasmSource = join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  for (const name of readdirSync(wasmSource).filter((file) => file.endsWith('.wasm'))) {
    cpSync(join(wasmSource, name), join(wasm, name));
  }
  copyNativeSources(root, out);
  copyPythonPackage(out);
  // Names are kept: errors and kernels say who they are by the name of their class.
  const names = { minify, keepNames: minify };
  return build({
    ...node,
    ...names,
    entryPoints: { cli: 'src/cli/main.ts', tokenThread: 'src/trainer/data/store/tokenThread.ts' },
    outdir: out,
  });
}

/** Libraries that are needed when a person names a glob or controls a run, not when the extension starts: each a file of its own. */
const LATER = { tinyglobby: 'tinyglobby', 'vscode-jsonrpc/node': 'jsonrpc' };

/** @type {import('esbuild').Plugin} */
const laterApart = {
  name: 'later apart',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^vscode-jsonrpc\/node$/ }, ({ path }) => ({
      path: `./${LATER[path]}.cjs`,
      external: true,
    }));
    // Imported where it is used, by modules that are read when the extension starts.
    onResolve({ filter: /^tinyglobby$/ }, ({ path }) => ({ path, namespace: 'later-library' }));
    onLoad({ filter: /.*/, namespace: 'later-library' }, ({ path }) => ({
      contents: `export const globSync = (...asked) => require('./${LATER[path]}.cjs').globSync(...asked);`,
    }));
    onResolve({ filter: /^\.\/.*\.cjs$/, namespace: 'later-library' }, ({ path }) => ({
      path,
      external: true,
    }));
  },
};

const EXTENSION = join(root, 'src/extension');
/** A module that is imported when it is first needed: `import('./panel')`. */
const LATER_IMPORT = /\bimport\('(\.[^']+)'\)/g;
const LATER_PART = 'later';

/**
 * Gathers what the extension imports later in one part, where a part for each would be a hundred files.
 * @type {import('esbuild').Plugin}
 */
const laterTogether = {
  name: 'later together',
  setup: ({ onLoad, onResolve }) => {
    const keyOf = (file, path) => relative(EXTENSION, join(dirname(file), path));
    onLoad({ filter: /[\\/]src[\\/]extension[\\/].*\.ts$/ }, ({ path: file }) => ({
      loader: 'ts',
      contents: readFileSync(file, 'utf8').replace(
        LATER_IMPORT,
        (_, path) => `import('${LATER_PART}').then((later) => later[${JSON.stringify(keyOf(file, path))}])`,
      ),
    }));
    onResolve({ filter: new RegExp(`^${LATER_PART}$`) }, ({ path }) => ({ path, namespace: 'later' }));
    onLoad({ filter: /.*/, namespace: 'later' }, () => {
      const keys = filesBelow('src/extension', '.ts').flatMap((file) =>
        [...readFileSync(join(root, file), 'utf8').matchAll(LATER_IMPORT)].map(([, path]) =>
          keyOf(join(root, file), path),
        ),
      );
      const lines = [...new Set(keys)].map((key) => `export * as ${JSON.stringify(key)} from './${key}';`);
      return { loader: 'ts', resolveDir: EXTENSION, contents: lines.join('\n') };
    });
  },
};

/**
 * Builds an entry point of CommonJS in parts: what it imports later is read when it is first needed. esbuild splits ES modules
 * only, so each part is made as one, and then CommonJS of it.
 * @param {import('esbuild').BuildOptions & { outdir: string }} options
 * @returns {Promise<string[]>} the files that went into it, relative to the clone
 */
async function buildInParts(options) {
  const esbuild = await import('esbuild');
  const { minify, target, platform } = options;
  const { metafile, outputFiles } = await esbuild.build({
    ...options,
    ...{ format: 'esm', splitting: true, sourcemap: 'inline', write: false, metafile: true },
    // Names and spaces later: what is looked for below is read as it was written.
    ...{ minify: false, minifySyntax: minify },
  });
  mkdirSync(options.outdir, { recursive: true });
  for (const { path, text } of outputFiles) {
    const { code, map } = await esbuild.transform(withPlainVSCode(text), {
      ...{ format: 'cjs', sourcemap: 'external', sourcefile: basename(path) },
      ...{ minify, target, platform, supported: { 'dynamic-import': false } },
    });
    writeFileSync(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`);
    writeFileSync(`${path}.map`, map);
  }
  return Object.keys(metafile.inputs).filter((input) => !input.startsWith(`${LATER_PART}:`));
}

/**
 * As CommonJS each `import * as` copies the hundreds of names that VS Code has; nothing here needs more than the module itself.
 * @param {string} text an ES module @returns {string}
 */
function withPlainVSCode(text) {
  const plain = text.replace(/^import \* as (\w+) from "vscode";$/gm, 'const $1 = require("vscode");');
  const [left] = /^.*\bfrom "vscode".*$/m.exec(plain) ?? [];
  if (left !== undefined) {
    throw new Error(`The extension imports VS Code as a whole: "${left}" is another import.`);
  }
  return plain;
}

/** @param {Target} target */
async function buildExtension({ out, minify }) {
  const { writeSchemas } = await import('./schema.mjs');
  const { writeL10n } = await import('./l10n.mjs');
  const inputs = await buildInParts({
    ...node,
    minify,
    entryPoints: { extension: 'src/extension/extension.ts' },
    outdir: out,
    chunkNames: 'extension-[name]',
    external: ['vscode'],
    plugins: [laterApart, laterTogether],
  });
  const later = Object.entries(LATER).map(([library, name]) => [name, library]);
  inputs.push(...(await build({ ...node, minify, entryPoints: Object.fromEntries(later), outdir: out })));
  await writeSchemas(root, out);
  writeL10n(root, join(out, 'l10n'));
  return inputs;
}

/**
 * Every folder of webview/ with a main.ts is a page: out/webview/NAME.js and, of the CSS it imports, NAME.css.
 * @param {Target} target
 */
async function buildWebviews({ out, minify }) {
  const pages = readdirSync(join(root, 'webview')).filter((name) =>
    existsSync(join(root, 'webview', name, 'main.ts')),
  );
  const target = join(out, 'webview');
  copyCodicons(target);
  return build({
    ...browser,
    minify,
    entryPoints: Object.fromEntries(pages.map((name) => [name, `webview/${name}/main.ts`])),
    outdir: target,
  });
}

/** @param {string} target */
function copyCodicons(target) {
  mkdirSync(target, { recursive: true });
  for (const name of ['codicon.css', 'codicon.ttf']) {
    cpSync(join(root, 'node_modules/@vscode/codicons/dist', name), join(target, name));
  }
}

/** Runs in VS Code as tests do: scripts/benchActivation.mjs starts it. */
const ACTIVATION_BENCH = { source: 'test/e2e/activationBench.ts' };

/**
 * One bundle for each test file, and what they have beside them.
 * @param {readonly { source: string }[]} files
 * @returns {Promise<Map<string, string[]>>} the files that went into each bundle
 */
async function buildTests(files) {
  const target = join(out, 'test');
  rmSync(target, { recursive: true, force: true });
  const tests = { ...node, outdir: target, outbase: 'test', metafile: true };
  const esbuild = await import('esbuild');
  const { metafile } = await esbuild.build({
    ...tests,
    entryPoints: [...files.map(({ source }) => source), COMMAND_SERVER],
    external: ['typescript', 'playwright-core', 'axe-core'],
  });
  return new Map(Object.entries(metafile.outputs).map(([path, { inputs }]) => [path, Object.keys(inputs)]));
}

/**
 * @param {string} source of a command that measures the engine torch
 * @returns {Promise<string>} the program
 */
export async function buildTorchBench(source) {
  const target = join(out, 'bench');
  await build({ ...node, outdir: target, outbase: 'test/bench', entryPoints: [source] });
  return join(target, relative('test/bench', source).replace(/\.ts$/, '.cjs'));
}

/** The suite that runs inside VS Code, under mocha, and the page that it opens. */
async function buildHostSuite() {
  const target = join(out, 'test');
  await build({
    ...node,
    outdir: target,
    outbase: 'test',
    entryPoints: [...filesBelow('test/host/suite', '.test.ts'), 'test/host/suite/index.ts'],
    external: ['vscode', 'mocha'],
  });
  const page = join(target, 'host/page');
  await build({ ...browser, entryPoints: { probe: 'test/host/page/main.ts' }, outdir: page });
  copyCodicons(page);
}

/**
 * @param {object} options
 * @param {boolean} [options.extension] also the extension and its webviews
 * @param {boolean} [options.tests]
 */
export async function buildAll({ extension = true, tests = true } = {}) {
  await buildTrainer({ out, minify: false });
  if (extension) {
    await buildExtension({ out, minify: false });
    await buildWebviews({ out, minify: false });
  }
  if (tests) {
    await buildTests([...testFiles(root), ACTIVATION_BENCH]);
    await buildHostSuite();
  }
}

/**
 * Builds what these tests run, and nothing else.
 * @param {object} options
 * @param {readonly { source: string, kind: string }[]} options.files
 * @param {boolean} options.extension also the extension and its webviews
 * @returns {Promise<Map<string, string[]>>} the files that went into each bundle
 */
export async function buildForTests({ files, extension }) {
  await buildAll({ extension, tests: false });
  const inputs = await buildTests(files);
  if (files.some(({ kind }) => kind === 'host')) {
    await buildHostSuite();
  }
  return inputs;
}

/**
 * Builds what is packaged into a folder of its own.
 * @param {string} folder
 * @returns {Promise<string[]>} the files that went into the bundles, relative to the clone
 */
export async function buildPackage(folder) {
  const target = { out: folder, minify: true };
  const inputs = [await buildTrainer(target), await buildExtension(target), await buildWebviews(target)];
  return inputs.flat();
}

/** What the command line is built from. */
const SOURCES = [
  'src',
  'python/adept_torch',
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

/** Builds the command line if it is missing or older than its sources; of two at once the second waits. */
export async function ensureBuilt() {
  if (isStale()) {
    await withLock(join(root, '.cache/build.lock'), () =>
      isStale() ? buildAll({ extension: false, tests: false }) : undefined,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildAll({ tests: !process.argv.includes('--no-tests') });
}
