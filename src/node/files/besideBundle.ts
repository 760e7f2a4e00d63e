import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A bundled test lies at most so many folders below what the build puts beside the command. */
const LEVELS = 4;

/** What the build puts beside a bundle, or some folders up for a bundled test; undefined where it is not there. */
export function besideBundle(...path: readonly string[]): string | undefined {
  let folder = __dirname;
  for (let level = 0; level <= LEVELS; level += 1) {
    const found = join(folder, ...path);
    if (existsSync(found)) {
      return found;
    }
    folder = dirname(folder);
  }
  return undefined;
}
