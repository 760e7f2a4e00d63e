import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { errorCode, writeError } from './fileError';

/** Lies in a folder while it is being filled: where it is found later, a kill left the folder half-made. */
const INCOMPLETE = '.adept-incomplete';

/**
 * Checks that an output folder is empty or does not exist, and makes nothing.
 * @param option what the person set, for example `--out`; it opens the error
 * @returns whether it exists
 * @throws AdeptError (input) if something is there already.
 */
export function requireEmptyFolder(path: string, option?: string): boolean {
  const where = label(path, option);
  const found = namesIn(path, where);
  const [first] = found ?? [];
  if (first !== undefined) {
    const others = (found?.length ?? 0) > 1 ? ` and ${(found?.length ?? 0) - 1} more` : '';
    throw inputError(
      `${where}: the folder is not empty (it holds ${first}${others}): name a new folder, or empty this one.`,
    );
  }
  return found !== undefined;
}

/**
 * Makes sure that an output folder exists and holds nothing, creating it and its parents where missing.
 * @returns what takes it away again, with all that is in it by then and the parents made for it
 * @throws AdeptError (input) if something is there already or the folder cannot be created.
 */
export function ensureEmptyFolder(path: string, option?: string): () => void {
  if (requireEmptyFolder(path, option)) {
    return () => {
      clear(path);
    };
  }
  try {
    const first = mkdirSync(path, { recursive: true }) ?? path;
    return () => {
      rmSync(first, { recursive: true, force: true });
    };
  } catch (error) {
    throw writeError(label(path, option), error);
  }
}

/**
 * Fills a new output folder: when `fill` fails, all of it is taken away again.
 * @throws AdeptError (input) if the folder is not empty or cannot be created, and whatever `fill` throws.
 */
export async function fillFolder<T>(path: string, option: string, fill: () => Promise<T>): Promise<T> {
  const undo = ensureEmptyFolder(path, option);
  try {
    markIncomplete(path, option);
    const result = await fill();
    rmSync(join(path, INCOMPLETE));
    return result;
  } catch (error) {
    undo();
    throw error;
  }
}

/** Empties a folder that a kill left half-made; any other is left as it is. */
export function clearIncomplete(path: string): void {
  if (existsSync(join(path, INCOMPLETE))) {
    clear(path);
  }
}

/** Not by a temporary file and a rename: between the two, a kill would leave a folder that nothing marks. */
function markIncomplete(path: string, option: string): void {
  try {
    writeFileSync(join(path, INCOMPLETE), 'This folder is being written.\n', { flag: 'wx' });
  } catch (error) {
    throw writeError(label(path, option), error);
  }
}

/** The mark goes last, so that a folder whose clearing was killed is cleared again. */
function clear(folder: string): void {
  const others = readdirSync(folder).filter((name) => name !== INCOMPLETE);
  for (const name of [...others, INCOMPLETE]) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function label(path: string, option: string | undefined): string {
  return option === undefined ? path : `${option} ${path}`;
}

/** The names in a folder; undefined if it does not exist. */
function namesIn(path: string, where: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') {
      return undefined;
    }
    throw code === 'ENOTDIR'
      ? inputError(`${where}: this is, or lies below, a file: name a folder.`, error)
      : writeError(where, error);
  }
}
