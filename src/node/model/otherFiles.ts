import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isTakenAlong, TAKEN_FOLDERS } from '../../shared/model/otherFiles';
import { writeFileAtomic } from '../files/atomicFile';
import { readError, writeError } from '../files/fileError';
import { isLfsPointer } from '../files/lfsPointer';

/**
 * Copies what describes a model or its tokenizer beside its weights: {@link isTakenAlong}. A link that leads nowhere (as a pruned
 * Hub cache has them) and a pointer of Git LFS are no such file, and passed over.
 * @throws AdeptError (input) naming the file that cannot be read or written
 */
export function copyOtherFiles(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const inside = TAKEN_FOLDERS.get(name);
    if (inside !== undefined && isFolder(join(from, name))) {
      copyFolder(join(from, name), join(to, name), inside);
    } else {
      copyFile(from, to, name, isTakenAlong);
    }
  }
}

function copyFolder(from: string, to: string, taken: RegExp): void {
  try {
    mkdirSync(to, { recursive: true });
  } catch (error) {
    throw writeError(to, error);
  }
  for (const name of readdirSync(from)) {
    copyFile(from, to, name, (own) => taken.test(own));
  }
}

function copyFile(from: string, to: string, name: string, isTaken: typeof isTakenAlong): void {
  const file = join(from, name);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || !isTaken(name, stat.size)) {
    return;
  }
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw readError(file, 'a model folder whose files can be read', error);
  }
  if (!isLfsPointer(bytes)) {
    writeFileAtomic(join(to, name), bytes);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
