import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The clone: the nearest folder upwards, from the bundled test, with a package-lock.json. */
export const projectRoot = findRoot(__dirname);

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package-lock.json'))) {
    return folder;
  }
  if (dirname(folder) === folder) {
    throw new Error(`${__dirname} lies in no clone of the project.`);
  }
  return findRoot(dirname(folder));
}
