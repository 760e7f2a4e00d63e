import { copyFileSync, existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inspectNativeInstall, nativeInstallFile } from './nativeInstall';

/**
 * Makes a native engine that was installed in another home the one of this home, where this has none: by a link to its folder,
 * so that a process that has loaded it keeps its files.
 * @returns whether there was one to adopt
 */
export function adoptNativeInstall(home: string, from: string): boolean {
  const { install } = inspectNativeInstall(from);
  if (install === undefined || inspectNativeInstall(home).install !== undefined) {
    return false;
  }
  mkdirSync(home, { recursive: true });
  const link = join(home, basename(install.folder));
  if (!existsSync(link)) {
    symlinkSync(install.folder, link, 'junction');
  }
  const temporary = join(home, `.install-${String(process.pid)}.json`);
  copyFileSync(nativeInstallFile(from), temporary);
  renameSync(temporary, nativeInstallFile(home));
  return true;
}
