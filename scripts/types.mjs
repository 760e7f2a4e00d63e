// `npm run types`: type-checks every process, which is every folder with a tsconfig.json.
//
//   npm run types -- --list   only says which folders these are
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GO_ENVIRONMENT } from './goEnvironment.mjs';

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
// Several checkers of a process each check the libraries anew: together they take twice the time of one.
const ARGUMENTS = [tsc, '--checkers', '1', '-p'];
const failed = folders.filter(
  (folder) =>
    spawnSync(process.execPath, [...ARGUMENTS, folder], { cwd: root, stdio: 'inherit', env: GO_ENVIRONMENT })
      .status !== 0,
);
if (failed.length > 0) {
  console.error(`types: errors in ${failed.join(', ')}`);
  process.exit(1);
}
