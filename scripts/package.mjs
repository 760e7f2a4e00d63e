// `npm run package`: one universal VSIX with everything that works without a download: the extension, the trainer with
// its wasm engine, the sources of the native engine's binding, and the sample.
//
//   npm run package -- --out FILE   adept-VERSION.vsix in the clone when left out
//   npm run package -- --json       the last line of stdout is { file, bytes, files: [{ path, bytes }] }
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** For slow connections: what is larger is a mistake. */
const MAX_BYTES = 5 * 2 ** 20;
const COPIED = ['README.md', 'CHANGELOG.md', 'LICENSE', 'media', '.vscodeignore'];

/** What the README links to in the clone, so that its links lead somewhere in the package too. */
function linkedFiles() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)].map(([, path]) => path);
}

/** @param {string} staging the folder to put together what is packaged */
async function stage(staging) {
  const { buildPackage } = await import('./build.mjs');
  const { notices } = await import('./notices.mjs');
  const translations = readdirSync(root).filter((name) => /^package\.nls(\..+)?\.json$/.test(name));
  for (const name of new Set([...COPIED, ...translations, ...linkedFiles()])) {
    cpSync(join(root, name), join(staging, name), { recursive: true });
  }
  writeFileSync(join(staging, 'package.json'), JSON.stringify(shippedManifest(), null, 2));
  mkdirSync(join(staging, 'out'));
  const inputs = await buildPackage(join(staging, 'out'));
  writeFileSync(join(staging, 'ThirdPartyNotices.txt'), notices(root, inputs));
}

/** The manifest without what only the clone can do. */
function shippedManifest() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const key of ['scripts', 'dependencies', 'devDependencies', 'private']) {
    delete manifest[key];
  }
  return manifest;
}

/**
 * @param {string} staging
 * @param {string} file
 */
async function pack(staging, file) {
  const { createVSIX, listFiles, PackageManager } = await import('@vscode/vsce');
  mkdirSync(dirname(file), { recursive: true });
  await createVSIX({
    cwd: staging,
    packagePath: file,
    // Everything is bundled.
    dependencies: false,
    // The project has no public address yet that links of the README could be completed with; they are relative.
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  const paths = await listFiles({ cwd: staging, packageManager: PackageManager.None });
  return paths.sort().map((path) => ({ path, bytes: statSync(join(staging, path)).size }));
}

const { values } = parseArgs({ options: { out: { type: 'string' }, json: { type: 'boolean' } } });
await ensurePackages(root);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const file =
  values.out === undefined
    ? join(root, `adept-${version}.vsix`)
    : resolve(process.env.INIT_CWD ?? process.cwd(), values.out);
const staging = mkdtempSync(join(tmpdir(), 'adept-package-'));
let files;
try {
  await stage(staging);
  files = await pack(staging, file);
} finally {
  rmSync(staging, { recursive: true, force: true });
}
const bytes = statSync(file).size;
console.log(
  values.json ? JSON.stringify({ file, bytes, files }) : `${file}: ${(bytes / 2 ** 20).toFixed(2)} MB`,
);
if (bytes > MAX_BYTES) {
  console.error(`package: ${file} is larger than ${MAX_BYTES / 2 ** 20} MB.`);
  process.exit(1);
}
