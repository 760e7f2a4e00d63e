import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../support/projectRoot';

/**
 * Packages the extension as `npm run package` does.
 * @returns the .vsix, inside `folder`
 */
export function makePackage(folder: string): string {
  const file = join(folder, 'adept.vsix');
  const script = join(projectRoot, 'scripts/package.mjs');
  const made = spawnSync(process.execPath, [script, '--out', file], { encoding: 'utf8' });
  if (made.status !== 0) {
    throw new Error(`the package was not made:\n${made.stdout}${made.stderr}`);
  }
  return file;
}
