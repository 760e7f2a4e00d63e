import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './projectRoot';

export interface Package {
  readonly file: string;
  readonly bytes: number;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/**
 * Packages the extension as `npm run package` does, once for all test files of an `npm test`, which sets
 * ADEPT_TEST_PACKAGE: a folder that is gone with it.
 */
export function makePackage(): Package {
  const folder = process.env.ADEPT_TEST_PACKAGE ?? ownFolder();
  const made = join(folder, 'package.json');
  if (!existsSync(made)) {
    const script = join(projectRoot, 'scripts/package.mjs');
    const args = [script, '--out', join(folder, `${String(process.pid)}.vsix`), '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`the package was not made:\n${stdout}${stderr}`);
    }
    // Of two that make one at the same time the later one counts; both are whole.
    writeFileSync(`${made}.${String(process.pid)}`, stdout.trim().split('\n').at(-1) ?? '');
    renameSync(`${made}.${String(process.pid)}`, made);
  }
  return JSON.parse(readFileSync(made, 'utf8')) as Package;
}

/** One that is gone with this process. */
function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adept-package-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
