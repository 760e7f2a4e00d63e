import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { writeError } from './fileError';
import { writeJson } from './jsonFile';

/**
 * Checks, before hours of work, that a result can be written, and makes nothing.
 * @throws AdeptError (input) naming option and file.
 */
export function requireWritableFile(path: string, option: string): void {
  const where = `${option} ${path}`;
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw inputError(`${where}: this is a folder: name a file in it.`);
  }
  const folder = nearestExisting(dirname(resolve(path)));
  if (!statSync(folder).isDirectory()) {
    throw inputError(`${where}: ${folder} is a file, not a folder: name another path.`);
  }
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw writeError(where, error);
  }
}

/** Writes a result, with the folders it is to lie in. @throws AdeptError (input) naming the file. */
export function writeResult(path: string, value: unknown): void {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
  } catch (error) {
    throw writeError(path, error);
  }
  writeJson(path, value);
}

function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}
