import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Changes when one of these files or folders does, appears or goes. @param names within `folder` */
export function fileSignature(folder: string, names: readonly string[]): string {
  return names
    .map((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      return stat === undefined ? '-' : `${stat.mtimeMs}:${stat.size}:${stat.ino}`;
    })
    .join(' ');
}
