import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  findNativeInstall,
  nativeInstallFile,
  type NativeInstall,
  type NativeInstallFile,
} from '../../../../node/engines/nativeInstall';

/**
 * Makes a complete, verified engine the installed one: renames its staging folder to its final name, then replaces
 * install.json by one rename. A kill between the two leaves what was installed before in force.
 */
export async function commitInstall(
  home: string,
  staged: { folder: string; binding: string } & Pick<NativeInstall, 'route' | 'libtensorflow' | 'variant'>,
): Promise<NativeInstall> {
  const installedAt = new Date().toISOString();
  const name = `libtensorflow-${staged.libtensorflow}-${staged.variant}-${installedAt.replace(/\D/g, '')}`;
  await rename(staged.folder, join(home, name));
  const { binding, route, libtensorflow, variant } = staged;
  const file: NativeInstallFile = {
    format: 'adept.native/1',
    folder: name,
    binding,
    route,
    libtensorflow,
    variant,
    platform: process.platform,
    arch: process.arch,
    installedAt,
  };
  const temporary = join(home, `.install-${String(process.pid)}.json`);
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(file, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, nativeInstallFile(home));
  const folder = join(home, name);
  return { folder, binding: join(folder, binding), route, libtensorflow, variant, installedAt };
}

const ownNames = /^(\.staging-\d+|\.install-\d+\.json|libtensorflow-.+-(cpu|gpu)-\d+)$/;

/**
 * Removes what an interrupted or replaced setup left in the home: staging folders and engines that install.json does
 * not name. Only to be called by the owner of the lock. Returns the names of what it removed.
 */
export async function removeLeftovers(home: string): Promise<string[]> {
  const current = findNativeInstall(home)?.folder;
  const removed: string[] = [];
  for (const name of await readdir(home)) {
    if (!ownNames.test(name) || join(home, name) === current) {
      continue;
    }
    try {
      await rm(join(home, name), { recursive: true, force: true, maxRetries: 3 });
      removed.push(name);
    } catch {
      // Windows keeps a library that a running process has loaded; the next setup tries again.
    }
  }
  return removed;
}
