// `npm run types`: type-checks every process, which is every folder with a tsconfig.json.
//
//   npm run types -- --list   only says which folders these are
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** TypeScript's native compiler, several times as fast; the one before it has the interface that scripts/l10n.mjs and depcruise use. */
const tsc = join(root, 'node_modules/typescript-native/bin/tsc');

const folders = ['src', 'webview', 'test']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, path)))
  .filter((path) => path.endsWith('tsconfig.json'))
  .map((path) => dirname(path))
  .sort();
if (process.argv.includes('--list')) {
  console.log(folders.join('\n'));
  process.exit(0);
}
const failed = folders.filter(
  (folder) => spawnSync(process.execPath, [tsc, '-p', folder], { cwd: root, stdio: 'inherit' }).status !== 0,
);
if (failed.length > 0) {
  console.error(`types: errors in ${failed.join(', ')}`);
  process.exit(1);
}
