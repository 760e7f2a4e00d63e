import { dirname, join, relative, sep } from 'node:path';
import { corpusFilesOf } from './corpusFiles';
import { endingOf } from './corpusForm';

/**
 * Files as a person would name them: as the folder, or as the glob, that stands for just these in this order; one by one
 * where there is none.
 */
export function namedTogether(files: readonly string[]): string[] {
  const [first] = files;
  if (first === undefined || files.length < 2) {
    return [...files];
  }
  const folder = files.map((file) => dirname(file)).reduce(commonFolder);
  const candidates = [folder, join(folder, `*${endingOf(first)}`)];
  const found = candidates.find((entry) => standsFor(entry, files));
  return found === undefined ? [...files] : [found];
}

function commonFolder(one: string, other: string): string {
  let folder = one;
  while (relative(folder, other).split(sep)[0] === '..' && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}

function standsFor(entry: string, files: readonly string[]): boolean {
  try {
    const named = corpusFilesOf(entry, '');
    return named.length === files.length && named.every((file, index) => file === files[index]);
  } catch {
    // A folder of several kinds, or one that is gone.
    return false;
  }
}
